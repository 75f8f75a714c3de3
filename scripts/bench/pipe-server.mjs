/** `node pipe-server.mjs PORT UPSTREAM_PORT`: passes requests on and looks at nothing. */
import http from "node:http";
import { endWithParent } from "./end-with-parent.mjs";

const [port, upstreamPort] = process.argv.slice(2).map(Number);
const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });

const server = http.createServer((request, response) => {
  const { url: path, method, headers } = request;
  const options = { host: "127.0.0.1", port: upstreamPort, path, method, headers, agent };
  const upstreamRequest = http.request(options, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  upstreamRequest.on("error", () => response.destroy());
  request.pipe(upstreamRequest);
});
server.listen({ port, host: "127.0.0.1", backlog: 1024 });
endWithParent();
