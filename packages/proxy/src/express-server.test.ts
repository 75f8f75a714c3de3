import type { AddressInfo } from "node:net";
import express from "express";
import { createExpressServer } from "./express-server.js";

describe("the server for Express", () => {
  it("gives it requests and responses whose prototypes it need not change", async () => {
    const application = express();
    const before: object[] = [];
    const within: object[] = [];
    application.post("/path", (request, response) => {
      within.push(Object.getPrototypeOf(request) as object, Object.getPrototypeOf(response) as object);
      response.status(201).json({ query: request.query, ip: request.ip });
    });
    const server = createExpressServer(application, {}, (request, response) => {
      before.push(Object.getPrototypeOf(request) as object, Object.getPrototypeOf(response) as object);
      application(request, response);
    });
    try {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      const answer = await fetch(`http://127.0.0.1:${port}/path?a=1`, { method: "POST", body: "x" });
      expect(answer.status).toBe(201);
      expect(await answer.json()).toEqual({ query: { a: "1" }, ip: "127.0.0.1" });
    } finally {
      server.closeAllConnections();
      server.close();
    }
    expect(within).toHaveLength(2);
    expect(within[0]).toBe(before[0]);
    expect(within[1]).toBe(before[1]);
  });
});
