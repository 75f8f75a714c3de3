/** What an upstream takes from one quota in any minute, and at once. What is not set is not limited. LiteLLM's names are in brackets. */
export interface DeploymentLimits {
  /** (`rpm`) */
  readonly requestsPerMinute?: number;
  /** n counts as n images (`ipm`, Darkroom's own). */
  readonly imagesPerMinute?: number;
  /** Of input and output, by estimate, corrected when they are known (`tpm`). */
  readonly tokensPerMinute?: number;
  /** Calls under way (`max_parallel_requests`). */
  readonly parallelCalls?: number;
}
