import { RouterError } from "@darkroom/router";
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import type { Logger } from "pino";
import { refuseForeignPages } from "./access/host-guard.js";
import { identify, only } from "./access/identify.js";
import { answerTo } from "./answers/error-answer.js";
import { whenTaken } from "./answers/when-taken.js";
import type { LimitsStore } from "./limits/limits-store.js";
import type { Books } from "./books/books.js";
import { GatewayError, errorAnswer, reasonOf } from "./errors.js";
import { logRequest } from "./observability/log.js";
import type { Metrics } from "./observability/metrics.js";
import { RequestRecord, recordOf } from "./observability/request-record.js";
import { routeLabel } from "./observability/route-label.js";
import { liveliness, readiness } from "./routes/health.js";
import { type ImageEditsOptions, imageEdits } from "./routes/image-edits.js";
import { ledgerSettle, ledgerSum } from "./routes/ledger.js";
import { exposeMetrics } from "./routes/metrics.js";
import { imageFiles } from "./routes/image-files.js";
import { quota } from "./routes/quota.js";
import { type ManagementRoute, mount } from "./routes/management/management-route.js";
import { openApiDocument } from "./routes/management/openapi.js";
import { imageFilesPath } from "./formats/image-urls.js";
import { listModels } from "./routes/models.js";
import { notFound } from "./routes/not-found.js";
import { page } from "./routes/page.js";
import { refusePolitely } from "./upload/refuse-politely.js";

/** What the application is made of. */
export interface ApplicationOptions extends ImageEditsOptions {
  readonly limits: LimitsStore;
  readonly metricsNeedKey: boolean;
  readonly management: readonly ManagementRoute[];
  /** Of Darkroom. */
  readonly version: string;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** The routes, in the order in which a request passes them. */
export function createApplication(options: ApplicationOptions): Express {
  const {
    router,
    accounts,
    modelNames,
    books,
    limits,
    management,
    version,
    metricsNeedKey,
    metrics,
    log,
    isDraining,
    formats,
  } = options;
  const application = express();
  application.disable("x-powered-by");
  application.disable("etag");

  const onlyThisMachine: RequestHandler = (request, _response, next) => {
    refuseForeignPages(request.headers);
    next();
  };
  const document = openApiDocument(management, version);
  const withKey = identify(accounts);

  application.use(recordRequests(log, metrics, books));
  if (!accounts.needKey) application.use(onlyThisMachine);
  application.post(
    ["/v1/images/edits", "/images/edits", "/openai/deployments/:model/images/edits"],
    withKey,
    imageEdits(options),
  );

  application.use(sendIds);
  // The URL is the key.
  if (formats.kept !== undefined) application.get(`${imageFilesPath}/:name`, imageFiles(formats.kept));
  // Probes have no key; what they are told is no secret.
  application.get(["/health/liveliness", "/health/liveness"], liveliness);
  application.get("/health/readiness", readiness(isDraining, books, limits));
  if (metricsNeedKey) application.use("/metrics", withKey, only("viewers"));
  application.get("/metrics", exposeMetrics(metrics));
  application.get("/", page({ router, needsKey: accounts.needKey, isDraining }));
  application.get("/openapi.json", (_request, response) => {
    response.json(document);
  });
  application.use(withKey);
  application.get(["/v1/models", "/models"], listModels(router, modelNames));
  application.get("/quota", only("viewers"), quota(router));
  application.get("/ledger/sum", only("viewers"), ledgerSum(books.ledger));
  application.post("/ledger/settle", only("admins"), ...ledgerSettle(books.ledger));
  mount(application, management);
  application.use(notFound);
  application.use(answerErrors(log));
  return application;
}

/** Gives every request its record, every answer its id, and tells log, metrics and books how it ended. */
function recordRequests(log: Logger, metrics: Metrics, books: Books): RequestHandler {
  return (request, response, next) => {
    const record = new RequestRecord(request.headers["x-litellm-call-id"]);
    const { path } = request;
    response.locals["record"] = record;
    let isTaken = false;
    whenTaken(response, () => {
      isTaken = true;
    });
    response.once("close", () => {
      const status = isTaken ? response.statusCode : 499;
      const route = routeLabel(path);
      const { durationMs } = record.timing();
      const { group, replayOf } = record;
      metrics.countRequest({ route, group, status, durationMs, isReplay: replayOf !== undefined });
      // A client that is gone leaves an edit behind, whose cost belongs into the line.
      void record.editEnded.then(() => {
        logRequest(log, {
          requestId: record.id,
          method: request.method,
          route,
          status,
          durationMs,
          report: record.report,
          reason: record.reason,
          replayOf,
        });
        books.noteRequest(record, route, status);
      });
    });
    next();
  };
}

/** An edit's answer brings its ids along with all its other headers, which costs less than setting them one by one. */
const sendIds: RequestHandler = (_request, response, next) => {
  const [idName = "", id = "", callIdName = "", callId = ""] = recordOf(response).idHeaders;
  response.setHeader(idName, id).setHeader(callIdName, callId);
  next();
};

/** Every error of every route ends here; what it was is logged, what the client is told stands in errors.ts. */
function answerErrors(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const record = recordOf(response);
    const told = isMalformedPath(error) ? malformedPath : error;
    const refusal = errorAnswer(told);
    const { status } = refusal;
    record.reason = reasonOf(refusal);
    if (told instanceof RouterError) record.report = told.report;
    if (status === 500) log.error({ requestId: record.id, err: error }, "internal error");
    if (response.headersSent) return void response.destroy();
    const answer = answerTo(told, record);
    record.answerBytes = answer.body.length;
    void refusePolitely(request, response, answer);
  };
}

const malformedPath = new GatewayError({
  status: 400,
  type: "invalid_request_error",
  code: "malformed_path",
  message: "The path is not well encoded.",
});

function isMalformedPath(error: unknown): boolean {
  return error instanceof URIError;
}
