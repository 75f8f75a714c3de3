/** `describe` for what needs a real server. `npm test` sees to one; where it cannot, it says so, and these are skipped. */
export const describeWithRedis = process.env["REDIS_SERVER_PROGRAM"] === "none" ? describe.skip : describe;
