export { ConfigError } from "./config-error.js";
export { configFromEnvironment } from "./config-from-environment.js";
export { type Environment, withDotEnv } from "./file/environment.js";
export { type GatewayConfig, defaults } from "./gateway-config.js";
export { loadConfig } from "./load-config.js";
export { masterKeyFromEnvironment } from "./settings/master-key.js";
