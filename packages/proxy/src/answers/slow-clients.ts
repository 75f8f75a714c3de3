/** A client that takes nothing of an answer for so long, or not all of it in so long, holds what others wait for. */
export const longestPauseMs = 60_000;
export const longestTakingMs = 600_000;
