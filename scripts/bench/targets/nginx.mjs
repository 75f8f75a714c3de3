import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clientModel } from "../payloads.mjs";

/** Debian keeps it where the PATH of most users does not look. */
const places = ["nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx"];

/** @type {import("./target.mjs").Target} */
export const nginx = {
  name: "nginx",
  what: "one worker, without buffering; looks at nothing, as the pipe",
  answers: "streamed",
  model: clientModel,
  prepare: () => find() ?? { missing: `not installed; ${advice()}` },
  launch: ({ port, upstreamPort, folder }) => {
    const file = join(folder, "nginx.conf");
    writeFileSync(file, configuration({ port, upstreamPort, folder }));
    return { command: find().command, args: ["-c", file, "-e", join(folder, "error.log")] };
  },
};

function find() {
  for (const command of places) {
    const { error, stderr = "" } = spawnSync(command, ["-v"], { encoding: "utf8" });
    if (error === undefined) return { command, version: stderr.trim().replace(/^.*nginx\//, "nginx ") };
  }
  return undefined;
}

function advice() {
  if (!existsSync("/usr/bin/apt-get")) return "put nginx on the PATH";
  return process.getuid?.() === 0 ? "apt-get install nginx" : "sudo apt-get install nginx";
}

function configuration({ port, upstreamPort, folder }) {
  // Its workers must read the folder of whoever started it.
  const user = process.getuid?.() === 0 ? "user root;" : "";
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  return `
worker_processes 1; daemon off; pid ${folder}/nginx.pid; ${user}
events { worker_connections 2048; }
http {
  access_log off; client_max_body_size 64m; keepalive_requests 1000000000;
  ${temporary.join(" ")}
  upstream images { server 127.0.0.1:${upstreamPort}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_pass http://images; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_request_buffering off; proxy_buffering off;
      proxy_buffer_size 64k; proxy_buffers 64 64k; client_body_buffer_size 64k;
    }
  }
}
`;
}
