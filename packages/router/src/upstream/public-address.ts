import { BlockList, isIP } from "node:net";

/**
 * What is given out on the public internet: all of IPv4, also written in IPv6 (`::ffff:8.8.8.8`), and of IPv6 the eighth for
 * global unicast (RFC 4291), which neither this machine nor its networks nor a translator of IPv4 are of.
 */
const unicast = new BlockList();
unicast.addSubnet("0.0.0.0", 0, "ipv4");
unicast.addSubnet("2000::", 3, "ipv6");

/**
 * What is not public all the same: this machine, its networks and what wraps them. IANA's special-purpose registries for IPv4
 * and IPv6; addresses of IPv4 in IPv6 are held against the lists of IPv4 by BlockList itself.
 */
const special = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const) {
  special.addSubnet(network, prefix, "ipv4");
}
for (const [network, prefix] of [
  ["2001::", 23], // Teredo among them
  ["2001:db8::", 32],
  ["2002::", 16], // 6to4
  ["3fff::", 20],
] as const) {
  special.addSubnet(network, prefix, "ipv6");
}

/** Whether an IP address belongs to the public internet; false for what is no address. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 0) return false;
  const family = version === 4 ? "ipv4" : "ipv6";
  return unicast.check(address, family) && !special.check(address, family);
}

/** Endings that no public name has: RFC 6761, 6762, 8375, and what ICANN keeps free for private use. */
const privateEnding = /(^|\.)(localhost|local|internal|home\.arpa)\.?$/i;

/** Whether a name may be one of the public internet: what has no dot is a host of one's own network. */
export function isPublicName(name: string): boolean {
  return /[^.]\.[^.]/.test(name) && !privateEnding.test(name);
}
