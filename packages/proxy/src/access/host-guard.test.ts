import { GatewayError } from "../errors.js";
import { refuseForeignPages } from "./host-guard.js";

function refusalOf(headers: { host?: string; origin?: string }): string | undefined {
  try {
    refuseForeignPages(headers);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError);
    expect((error as GatewayError).status).toBe(403);
    return (error as GatewayError).message;
  }
}

describe("without a key", () => {
  it.each([
    { host: "localhost:4000" },
    { host: "LOCALHOST" },
    { host: "127.0.0.1:4000" },
    { host: "127.8.8.8" },
    { host: "[::1]:4000" },
    { host: "localhost:4000", origin: "http://localhost:4000" },
  ])("this machine may: %j", (headers) => {
    expect(refusalOf(headers)).toBeUndefined();
  });

  it.each([
    { host: "evil.example" },
    { host: "localhost.evil.example" },
    { host: "127.0.0.1.evil.example:4000" },
    { host: "192.168.1.7:4000" },
    { host: "" },
    {},
    { host: "localhost:4000", origin: "https://evil.example" },
    { host: "localhost:4000", origin: "http://localhost:3000" },
    { host: "localhost:4000", origin: "null" },
  ])("a page from elsewhere may not, and is told which name and which setting: %j", (headers) => {
    const message = refusalOf(headers);
    expect(message).toContain(headers.origin ?? headers.host ?? "");
    expect(message).toContain("master_key");
  });
});
