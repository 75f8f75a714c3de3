export { type KeptMasterKey, keptMasterKey } from "./authentication/kept-master-key.js";
export { type KeptSecret, type SecretKind, keptSecret } from "./authentication/kept-secret.js";
export { type RequestHeaders, keyFromHeaders } from "./authentication/key-from-headers.js";
export { MasterKey } from "./authentication/master-key.js";
