import { once } from "node:events";
import http from "node:http";
import net, { type AddressInfo } from "node:net";
import { editForm, sendEdit } from "./edit-request.js";
import { formType } from "./form-request.js";
import { metricIs } from "./metrics-reading.js";
import { noise, png } from "./pictures.js";
import { type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { ScriptedUpstream } from "./scripted-upstream.js";

const mebibyte = 1024 * 1024;
const smallAnswer = '{"created":1,"data":[{"b64_json":"QUJD"}]}';

let gateway: RunningGateway;

afterEach(() => gateway.stop());
afterAll(stopAll);

async function startWith(groups: Readonly<Record<string, string>>): Promise<void> {
  const modelList = Object.entries(groups).map(([group, url]) => ({
    model_name: group,
    litellm_params: { model: "openai/gpt-image-1", api_key: "sk-upstream", api_base: `${url}/v1` },
  }));
  gateway = await startGateway({ config: JSON.stringify({ model_list: modelList }) });
}

/** Edits of other bytes, one after another, so that memory that is free is written over. */
async function sendOthers(count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) {
    const image = noise(6 * mebibyte, `other ${String(number)}`);
    expect((await sendEdit(gateway.url, { fields: { model: "others" }, image })).status).toBe(200);
  }
}

/** An edit of the group `slow`, of whose answer nothing is read yet but its head. */
async function beginSlowly(): Promise<http.IncomingMessage> {
  const request = http.request(`${gateway.url}/v1/images/edits`, {
    method: "POST",
    agent: false,
    headers: { "content-type": formType },
  });
  request.end(editForm({ fields: { model: "slow" } }));
  const [answer] = (await once(request, "response")) as [http.IncomingMessage];
  return answer;
}

test("an upload that is still being sent when its answer has come is not written over", async () => {
  const received: Buffer[] = [];
  const connections: net.Socket[] = [];
  // Answers at once, and reads on only when it is told to.
  const early = net.createServer((socket) => {
    connections.push(socket);
    socket.on("error", () => undefined);
    socket.once("data", (bytes: Buffer) => {
      received.push(bytes);
      socket.pause();
      socket.on("data", (more: Buffer) => received.push(more));
      const length = `content-length: ${String(smallAnswer.length)}`;
      socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${length}\r\n\r\n${smallAnswer}`);
    });
  });
  early.listen(0, "127.0.0.1");
  await once(early, "listening");
  const others = await new ScriptedUpstream((response) => void response.end(smallAnswer)).listen();
  const { port } = early.address() as AddressInfo;
  await startWith({ early: `http://127.0.0.1:${String(port)}`, others: others.url });

  const image = noise(24 * mebibyte, "the first");
  expect((await sendEdit(gateway.url, { fields: { model: "early" }, image })).status).toBe(200);
  await sendOthers(4);
  const closed = connections.map((socket) => once(socket, "close"));
  for (const socket of connections) socket.resume();
  await Promise.all(closed);

  const bytes = Buffer.concat(received);
  const begin = bytes.indexOf(image.subarray(0, 32));
  expect(bytes.length).toBeGreaterThan(64 * 1024);
  expect(bytes.subarray(begin).equals(image.subarray(0, bytes.length - begin))).toBe(true);
  await metricIs(gateway, "darkroom_upload_bytes", 0);
  early.close();
  await others.close();
});

test("an answer that a client reads slowly is not written over", async () => {
  const answerTo = (name: string): string =>
    JSON.stringify({ created: 1, data: [{ b64_json: noise(6 * mebibyte, name).toString("base64") }] });
  const upstream = await new ScriptedUpstream(
    (response, number) => void response.end(answerTo(String(number))),
  ).listen();
  await startWith({ slow: upstream.url, others: upstream.url });

  const answer = await beginSlowly();
  await sendOthers(4);
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).equals(Buffer.from(answerTo("0")))).toBe(true);
  await metricIs(gateway, "darkroom_answer_bytes", 0);
  await upstream.close();
});

test("an answer in another form that a client reads slowly is not written over, and its memory comes back", async () => {
  const image = Buffer.concat([png(), noise(6 * mebibyte, "fetched")]);
  const upstream: ScriptedUpstream = await new ScriptedUpstream((response, number) => {
    const url = `${upstream.url}/files/1.png`;
    response.end(number === 0 ? JSON.stringify({ created: 1, data: [{ url }] }) : image);
  }).listen();
  const text = noise(6 * mebibyte, "other").toString("base64");
  const others = await new ScriptedUpstream(
    (response) => void response.end(JSON.stringify({ created: 1, data: [{ b64_json: text }] })),
  ).listen();
  await startWith({ slow: upstream.url, others: others.url });

  const answer = await beginSlowly();
  expect(answer.headers["x-darkroom-response-format"]).toBe("b64_json from url");
  await sendOthers(4);
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const expected = JSON.stringify({ created: 1, data: [{ b64_json: image.toString("base64") }] });
  expect(Buffer.concat(chunks).equals(Buffer.from(expected))).toBe(true);
  for (const held of ["darkroom_answer_bytes", "darkroom_conversion_bytes"]) await metricIs(gateway, held, 0);
  await upstream.close();
  await others.close();
});
