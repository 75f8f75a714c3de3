import type { EntraCredential } from "@darkroom/router";
import type { Environment } from "../file/environment.js";
import type { EntrySettings } from "../settings/schema.js";

type Params = EntrySettings["litellm_params"];
type Entra = { readonly entra: EntraCredential } | { readonly invalid: string };

/** The settings that name an application, each with the variable that may hold it (the names of LiteLLM and of Azure's own clients). */
const settings = {
  tenant_id: "AZURE_TENANT_ID",
  client_id: "AZURE_CLIENT_ID",
  client_secret: "AZURE_CLIENT_SECRET",
} as const;

/** Entra as the entry itself asks for it: a token, or an application of which the environment may know the rest. */
export function entraOf(params: Params, environment: Environment): Entra | undefined {
  if (params.azure_ad_token !== undefined) return tokenOf(params.azure_ad_token);
  const isNamed = [params.tenant_id, params.client_id, params.client_secret].some(
    (value) => value !== undefined,
  );
  return isNamed ? applicationOf(params, environment) : undefined;
}

/** Entra as the environment alone has it, for an entry that says nothing of who asks. */
export function entraOfEnvironment(environment: Environment): Entra | undefined {
  const token = environment["AZURE_AD_TOKEN"];
  if (token) return tokenOf(token);
  return Object.values(settings).every((variable) => environment[variable])
    ? applicationOf({}, environment)
    : undefined;
}

function tokenOf(token: string): Entra {
  // LiteLLM exchanges such a reference for a token by itself.
  if (token.startsWith("oidc/")) return { invalid: "azure_ad_token: oidc/... is not supported yet" };
  return { entra: { token } };
}

function applicationOf(
  params: Partial<Pick<Params, "tenant_id" | "client_id" | "client_secret" | "azure_scope">>,
  environment: Environment,
): Entra {
  const of = (name: keyof typeof settings) => params[name] ?? (environment[settings[name]] || undefined);
  const [tenantId, clientId, clientSecret] = [of("tenant_id"), of("client_id"), of("client_secret")];
  if (tenantId === undefined || clientId === undefined || clientSecret === undefined) {
    const missing = (Object.keys(settings) as (keyof typeof settings)[]).filter(
      (name) => of(name) === undefined,
    );
    return { invalid: `there is no ${missing.join(" and no ")} beside the rest of Entra's application` };
  }
  const scope = params.azure_scope ?? (environment["AZURE_SCOPE"] || undefined);
  const authorityHost = environment["AZURE_AUTHORITY_HOST"] || undefined;
  if (authorityHost !== undefined && !isSafe(authorityHost)) {
    return { invalid: "AZURE_AUTHORITY_HOST must begin with https://: the client_secret is sent there" };
  }
  return {
    entra: {
      tenantId,
      clientId,
      clientSecret,
      ...(scope !== undefined && { scope }),
      ...(authorityHost !== undefined && { authorityHost }),
    },
  };
}

/** Without TLS a secret goes to this machine itself only. */
function isSafe(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return (
    protocol === "https:" || (protocol === "http:" && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname))
  );
}
