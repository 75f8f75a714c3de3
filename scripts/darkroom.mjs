/** `npm start`, `npm run edit` and `npm run darkroom`: sets up, then runs the command line from where the user typed. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, setUp } from "./setup.mjs";

setUp();

// npm runs scripts in the project's folder and leaves the user's own in INIT_CWD.
process.chdir(process.env.INIT_CWD ?? process.cwd());
// In this process, not in a child: signals, the terminal and the exit code are then the gateway's own.
await import(pathToFileURL(join(root, "packages", "proxy", "dist", "main.js")).href);
