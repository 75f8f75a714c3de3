import { readFileSync } from "node:fs";

/** Where a PostgreSQL is, and what of it is ours. */
export interface PostgresSettings {
  /** A host's name or address, or the folder of a unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password?: string;
  readonly tls?: PostgresTls;
  /** All that Darkroom keeps is in it, and nothing else is touched. */
  readonly schema: string;
}

export interface PostgresTls {
  /** `verify-full` also asks whether the certificate is that host's; `require` takes any. */
  readonly verify: "require" | "verify-ca" | "verify-full";
  /** PEM. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export const defaultPostgresSchema = "darkroom";

const defaultPort = 5432;

/** A schema's name needs no quotes anywhere then. */
const schemaForm = /^[a-z_][a-z0-9_]{0,62}$/;

/**
 * Reads an address as libpq writes them
 * (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS): `postgresql://user:password@host:5432/database?sslmode=verify-full`,
 * a unix socket as `postgresql://user@/database?host=/var/run/postgresql`. What other programs write there for themselves, such as
 * Prisma's `schema` and `connection_limit`, has no effect.
 *
 * @throws RangeError where it cannot be used; the message tells nothing of the address
 */
export function settingsFromPostgresUrl(url: string, schema = defaultPostgresSchema): PostgresSettings {
  if (!schemaForm.test(schema))
    throw new RangeError("expected a schema's name of a-z, 0-9 and _, 63 characters at most");
  const { user, password, host, port, database, parameters } = partsOf(url);
  const tls = tlsOf(parameters);
  return {
    host: parameters.get("host") ?? host,
    port,
    database,
    user,
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls }),
    schema,
  };
}

/** For people, without a secret: `database 'books' on db.example:5432, schema 'darkroom'`. */
export function postgresName({ host, port, database, schema }: PostgresSettings): string {
  const place = host.startsWith("/") ? `the socket in ${host}` : `${host}:${port}`;
  return `database '${database}' on ${place}, schema '${schema}'`;
}

interface UrlParts {
  readonly user: string;
  readonly password: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly parameters: URLSearchParams;
}

/** The platform's own parser knows no empty host behind a user, which is how a socket is written. */
const urlForm =
  /^postgres(?:ql)?:\/\/(?:(?<user>[^:@/?]*)(?::(?<password>[^@/?]*))?@)?(?<host>\[[^\]]*\]|[^:@/?]*)(?::(?<port>\d+))?(?:\/(?<database>[^?]*))?(?:\?(?<query>.*))?$/;

function partsOf(url: string): UrlParts {
  const found = urlForm.exec(url)?.groups;
  if (found === undefined)
    throw new RangeError(
      "expected postgresql://user:password@host:5432/database, with what is special in a password as %40 and the like",
    );
  const parameters = new URLSearchParams(found["query"] ?? "");
  const port = Number(parameters.get("port") ?? found["port"] ?? defaultPort);
  const user = decoded(found["user"] ?? "") || (parameters.get("user") ?? "");
  const password = found["password"] === undefined ? parameters.get("password") : decoded(found["password"]);
  const database = decoded(found["database"] ?? "") || (parameters.get("dbname") ?? user);
  if (!(port > 0 && port < 65_536)) throw new RangeError("expected a port from 1 to 65535");
  if (user === "") throw new RangeError("expected a user, as in postgresql://user@host/database");
  return {
    user,
    password: password ?? undefined,
    host: decoded(found["host"] ?? "").replace(/^\[|\]$/g, "") || "localhost",
    port,
    database,
    parameters,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RangeError("expected a % only before two digits, as %25 for itself");
  }
}

/** Unlike libpq's `prefer`, nothing is tried twice: without a word of TLS there is none. */
function tlsOf(parameters: URLSearchParams): PostgresTls | undefined {
  const mode = parameters.get("sslmode") ?? "disable";
  switch (mode) {
    case "disable":
    case "allow":
    case "prefer":
      return undefined;
    case "require":
    case "verify-ca":
    case "verify-full": {
      const ca = fileOf(parameters, "sslrootcert");
      const cert = fileOf(parameters, "sslcert");
      const key = fileOf(parameters, "sslkey");
      return {
        // As in libpq: a root certificate is given to be held against.
        verify: mode === "require" && ca !== undefined ? "verify-ca" : mode,
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
      };
    }
    default:
      throw new RangeError("expected sslmode to be disable, require, verify-ca or verify-full");
  }
}

function fileOf(parameters: URLSearchParams, name: string): string | undefined {
  const file = parameters.get(name);
  if (file === null || file === "system") return undefined;
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new RangeError(`expected ${name} to be a file that can be read`);
  }
}
