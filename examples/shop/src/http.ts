import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Starts a server on the loopback address, and returns its URL. Port 0 is a free one. */
export function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}

/** Reads a body of at most 1 MiB. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > 1 << 20) {
      throw new Error("the body is larger than 1 MiB");
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
