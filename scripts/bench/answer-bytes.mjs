/** The fake upstreams' answers as bytes on the wire. */

/** @returns {Buffer[]} of a whole answer one piece, of a stream one for each event */
export function answerBytes({ contentType, pieces }, isStream, headers = {}) {
  return isStream ? chunkedAnswer(contentType, pieces, headers) : [jsonAnswer("200 OK", pieces[0], headers)];
}

/** @returns {Buffer} */
export function errorAnswer(status, message, code, headers = {}) {
  const error = { message, type: "invalid_request_error", param: null, code };
  return jsonAnswer(status, Buffer.from(JSON.stringify({ error })), headers);
}

function jsonAnswer(status, body, headers) {
  const framing = { "Content-Length": body.length };
  return Buffer.concat([head(status, { "Content-Type": "application/json", ...framing, ...headers }), body]);
}

function chunkedAnswer(contentType, pieces, headers) {
  const chunks = pieces.map((piece) =>
    Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]),
  );
  const last = chunks.length - 1;
  const framing = { "Transfer-Encoding": "chunked" };
  chunks[0] = Buffer.concat([
    head("200 OK", { "Content-Type": contentType, ...framing, ...headers }),
    chunks[0],
  ]);
  chunks[last] = Buffer.concat([chunks[last], Buffer.from("0\r\n\r\n")]);
  return chunks;
}

function head(status, headers) {
  const all = Object.entries({ "x-request-id": "req_benchmark", ...headers });
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join("")}\r\n`);
}
