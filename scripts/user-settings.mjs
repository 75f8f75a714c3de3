const settings = /^(OPENAI_|AZURE_|LITELLM_|DARKROOM_|REDIS_|DATABASE_URL$)/;

/** An environment without the user's own keys, servers and settings: no test or check may use them. */
export function withoutUserSettings(environment) {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !settings.test(name)));
}
