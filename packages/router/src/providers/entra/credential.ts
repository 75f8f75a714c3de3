/** An application of Microsoft Entra, which gets tokens with its secret (OAuth 2.0 client credentials). */
export interface EntraApplication {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What its tokens are for; Azure's AI services where it is absent. */
  readonly scope?: string;
  /** Who issues them, for clouds of their own; the public cloud's where it is absent. */
  readonly authorityHost?: string;
}

/** What a deployment is reached with instead of a key: a token that somebody else renews, or an application. */
export type EntraCredential = { readonly token: string } | EntraApplication;
