import type { components } from "./schema.js";

/** A refusal of the API (RFC 9457). `type` says which, `errors` which fields. */
export type Problem = components["schemas"]["ErrorModel"];

/** A call that the API refused. Its message names the fields; it has no secret and no content of the request. */
export class FarebookError extends Error {
  readonly status: number;
  /** The problem; undefined for an answer without one, such as a proxy's page. */
  readonly problem: Problem | undefined;
  /** Quote it when you contact support. */
  readonly correlationId: string | undefined;

  constructor(response: Response, body: unknown) {
    const problem = asProblem(body);
    const fields = (problem?.errors ?? []).map((field) => `${field.location ?? "request"} ${field.message ?? ""}`.trim());
    super([`${response.status} ${problem?.detail ?? problem?.title ?? "without a problem document"}`, ...fields].join("; "));
    this.name = "FarebookError";
    this.status = response.status;
    this.problem = problem;
    this.correlationId = response.headers.get("X-Correlation-ID") ?? undefined;
  }
}

function asProblem(body: unknown): Problem | undefined {
  return typeof body === "object" && body !== null && "status" in body ? (body as Problem) : undefined;
}
