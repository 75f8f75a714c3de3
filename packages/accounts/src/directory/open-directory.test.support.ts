import { Directory } from "./directory.js";

/* A process that opens the directory of the folder it is given, and closes it again. */
await Directory.open({ folder: process.argv[2] ?? "" }).close();
process.exit(0);
