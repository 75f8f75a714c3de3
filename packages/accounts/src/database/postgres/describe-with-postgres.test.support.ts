/** `describe` for what needs a real server. `npm test` sees to one; where it cannot, it says so, and these are skipped. */
export const describeWithPostgres = process.env["POSTGRES_PROGRAMS"] === "none" ? describe.skip : describe;
