import net from "node:net";
import type { Gateway } from "../gateway.js";
import { CommandError } from "./command-error.js";

/**
 * Listens, leaving out loopback addresses that this machine does not have (many containers have no IPv6).
 * @returns the port
 * @throws CommandError where the port cannot be had, naming a free one
 */
export async function listen(gateway: Gateway, port: number, addresses: readonly string[]): Promise<number> {
  try {
    return await gateway.listen(port, addresses.length > 1 ? await existing(addresses) : addresses);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    switch (code) {
      case "EADDRINUSE": {
        const free = String(await freePort());
        throw new CommandError(
          `Port ${String(port)} is taken by another program. Port ${free} is free: start with --port ${free}.`,
        );
      }
      case "EACCES":
        throw new CommandError(
          `Port ${String(port)} needs more rights than this user has; take one above 1023.`,
        );
      case "EADDRNOTAVAIL":
      case "ENOTFOUND":
        throw new CommandError(`This machine has no address ${addresses.join(", ")}.`);
      default:
        throw error;
    }
  }
}

async function existing(addresses: readonly string[]): Promise<string[]> {
  const tried = await Promise.all(
    addresses.map(async (address) => ((await canListen(address)) ? [address] : [])),
  );
  return tried.flat();
}

async function canListen(address: string): Promise<boolean> {
  return (await portOn(address)) !== undefined;
}

async function freePort(): Promise<number> {
  return (await portOn("127.0.0.1")) ?? 0;
}

/** A free port on the address, or undefined if it cannot be listened on. */
async function portOn(address: string): Promise<number | undefined> {
  const server = net.createServer();
  const port = await new Promise<number | undefined>((resolve) => {
    server.once("error", () => {
      resolve(undefined);
    });
    server.listen(0, address, () => {
      resolve((server.address() as net.AddressInfo).port);
    });
  });
  if (port !== undefined) await new Promise((resolve) => server.close(resolve));
  return port;
}
