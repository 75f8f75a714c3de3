import type http from "node:http";
import { createRouter, defaultOptions } from "@darkroom/router";
import type { Logger } from "pino";
import { createApplication } from "./application.js";
import { modelNames } from "./access/model-names.js";
import { BudgetMeters } from "./budgets/budget-meters.js";
import { Budgets } from "./budgets/budgets.js";
import { SoftBudgets } from "./budgets/soft-budgets.js";
import type { GatewayConfig } from "./config/gateway-config.js";
import { unpricedModels } from "./config/models/unpriced.js";
import { forwardedHeaders } from "./access/forwarded-headers.js";
import { createExpressServer } from "./express-server.js";
import { AnswerFormats } from "./formats/answer-formats.js";
import { earlierEdits, keptMs } from "./idempotency/earlier-edits.js";
import { IdempotentEdits } from "./idempotency/idempotent-edits.js";
import { InFlight } from "./in-flight.js";
import { logRouter } from "./observability/log.js";
import type { Stores } from "./stores/open-stores.js";
import { withoutDirectory } from "./stores/shared-limits.js";
import type { ManagementContext } from "./routes/management/context.js";
import { managementRoutes } from "./routes/management/management.js";
import { reportRoutes } from "./routes/reports/reports.js";
import { spendOfLedger } from "./routes/management/spend.js";
import { fleetMetrics } from "./observability/fleet-metrics.js";
import { Metrics } from "./observability/metrics.js";
import { SoftBudgetsCrossed } from "./observability/soft-budgets-crossed.js";
import { teamMetrics } from "./observability/teams/team-metrics.js";
import { UnpricedEdits } from "./observability/unpriced-edits.js";
import { uploadMemory } from "./upload/upload-memory.js";
import { completeUploadSettings } from "./upload/upload-settings.js";

/** Longer than the 60 s after which common load balancers drop an idle connection: they must be the first to close. */
const keepAliveMs = 75_000;

/** The time a client has to send its headers; bodies have the upload's own deadline. */
const headersTimeoutMs = 60_000;

export interface GatewayOptions {
  readonly config: GatewayConfig;
  /** The gateway's own from now on: it closes them when it has drained. */
  readonly stores: Stores;
  readonly log: Logger;
  /** Where what is kept lives; made when there is something to keep. */
  readonly dataFolder: string;
  /** Of Darkroom. */
  readonly version: string;
}

/** A running gateway: router, accounts and the HTTP edge, wired together. */
export class Gateway {
  readonly #router;
  readonly #application;
  readonly #formats;
  readonly #servers: http.Server[] = [];
  readonly #edits = new InFlight();
  #draining = false;

  readonly #closeStores: () => Promise<void>;

  constructor({ config, stores, log, dataFolder, version }: GatewayOptions) {
    const { books, accounts, limits } = stores;
    this.#closeStores = () => stores.close();
    const { admission, health: healthStore } = limits;
    const router = createRouter({ ...config.router, journal: books.attempts, admission, healthStore });
    const meters = new BudgetMeters(books, admission, Date.now, limits.peers);
    books.attempts.follow(meters);
    books.ledger.listen((corrected) => meters.corrected(corrected));
    const softBudgetsCrossed = new SoftBudgetsCrossed(log);
    const soft = new SoftBudgets(books, accounts.calendar, Date.now, (crossed) => {
      softBudgetsCrossed.note(crossed);
    });
    books.attempts.follow(soft);
    const budgets = new Budgets(
      {
        calendar: accounts.calendar,
        meters,
        status: config.accounts.budgetStatus,
        unpriced: config.router.unpriced ?? defaultOptions.unpriced,
        deploymentLimits: config.accounts.deploymentLimits,
        providerLimits: config.accounts.providerLimits,
        groupOf: (model) => router.limitedNameOf(model),
        nowMs: Date.now,
      },
      soft,
    );
    const uploadSettings = completeUploadSettings(config.upload);
    const uploads = uploadMemory(uploadSettings);
    const idempotentEdits = new IdempotentEdits({
      memoryBytes: config.idempotencyMemoryBytes,
      loadEarlier: async () => earlierEdits(await books.keyedAttempts(keptMs)),
    });
    const names = modelNames(router, config.router.deployments, config.accounts.accessGroups);
    // Limits that are shared, and a directory that is not.
    const hasOwnDirectory = config.redis !== undefined && config.postgres === undefined;
    const isDraining = (): boolean => this.#draining;
    logRouter(log, router.events);
    const unpriced = new UnpricedEdits(log, unpricedModels(config.router.deployments));
    router.events.on("edit", (report) => {
      unpriced.note(report);
    });
    this.#formats = new AnswerFormats(config.formats, dataFolder, log);
    const metrics = new Metrics({
      router,
      deployments: config.router.deployments,
      uploads,
      conversions: this.#formats.memory,
      edits: this.#edits,
      books,
      limits,
      idempotentEdits,
      softBudgetsCrossed,
    });
    fleetMetrics(metrics.registry, stores.fleet?.dead);
    if (config.teamMetrics > 0) {
      const { directory, calendar } = accounts;
      teamMetrics(metrics.registry, { directory, calendar, books, admission, most: config.teamMetrics });
    }
    const management: ManagementContext = {
      directory: accounts.directory,
      calendar: accounts.calendar,
      ledger: books.ledger,
      spendOf: spendOfLedger(books.ledger),
      isMasterKey: (secret) => accounts.isMasterKey(secret),
      newKeyDefaults: config.accounts.newKeyDefaults,
      newKeyBounds: config.accounts.newKeyBounds,
      modelNames: names,
      listedModels: () => router.modelNames,
      deployments: config.router.deployments,
      limits: () => router.limits(),
      editsInFlight: () => this.#edits.count,
      now: Date.now,
    };
    const offered = [...managementRoutes(management), ...reportRoutes(management)];
    this.#router = router;
    this.#application = createApplication({
      router,
      uploads,
      uploadSettings,
      formats: this.#formats,
      forwardedHeaders: forwardedHeaders(config),
      accounts,
      modelNames: names,
      management: hasOwnDirectory ? withoutDirectory(offered) : offered,
      version,
      ...(config.keyHeaderName === undefined ? {} : { keyHeaderName: config.keyHeaderName }),
      metricsNeedKey: config.requireAuthForMetrics,
      budgets,
      limits,
      books,
      storePrompts: config.storePrompts,
      metrics,
      log,
      isDraining,
      edits: this.#edits,
      idempotentEdits,
      ...(config.forcedModel === undefined ? {} : { forcedModel: config.forcedModel }),
    });
  }

  /**
   * Listens on every address; `port` 0 takes any free one, the same on all.
   * @returns the port
   * @throws Error with the system's code (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`)
   */
  async listen(port: number, addresses: readonly string[]): Promise<number> {
    let chosen = port;
    for (const address of addresses) {
      const server = this.#createServer();
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen({ port: chosen, host: address }, () => {
          server.off("error", reject);
          resolve();
        });
      });
      this.#servers.push(server);
      const bound = server.address();
      if (bound !== null && typeof bound === "object") chosen = bound.port;
    }
    return chosen;
  }

  /** Refuses what is new and waits, for so long at most, until what runs is answered and taken; then closes. */
  async drain(limitMs: number): Promise<void> {
    this.#draining = true;
    const tooLong = setTimeout(() => {
      this.#closeConnections();
    }, limitMs);
    await this.#edits.whenIdle(limitMs);
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
    clearTimeout(tooLong);
    this.#router.close();
    this.#formats.close();
    await this.#closeStores();
  }

  /** Ends everything at once. */
  close(): void {
    for (const server of this.#servers) server.close();
    this.#closeConnections();
    this.#router.close();
    this.#formats.close();
  }

  #closeConnections(): void {
    for (const server of this.#servers) server.closeAllConnections();
  }

  #createServer(): http.Server {
    const application = this.#application;
    const handle = (request: http.IncomingMessage, response: http.ServerResponse): void => {
      if (this.#draining) response.setHeader("connection", "close");
      // A connection that was kept for more would keep the gateway from ending.
      response.once("close", () => {
        if (this.#draining) setImmediate(() => server.closeIdleConnections());
      });
      application(request, response);
    };
    const server = createExpressServer(
      application,
      { keepAliveTimeout: keepAliveMs, headersTimeout: headersTimeoutMs, requestTimeout: 0 },
      handle,
    );
    // The interim answer is sent once the upload is admitted, not when it is announced.
    server.on("checkContinue", handle);
    return server;
  }
}
