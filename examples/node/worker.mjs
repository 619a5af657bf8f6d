// A worker for `type: command` plugins, in one file (docs/protocol.md): `node worker.mjs`.
import { createInterface } from "node:readline";

const send = (message) => process.stdout.write(JSON.stringify(message) + "\n");
const asked = new Map(); // requests of ours without a reply yet
let requests = 0;

const request = (call, method, params) =>
  new Promise((resolve, reject) => {
    const id = `r${++requests}`;
    asked.set(id, { resolve, reject });
    send({ type: "request", id, call, method, params });
  });

const components = {
  "/echo": { description: "Gives what it is given.", run: async (input) => input },
  "/fail": {
    description: "Fails as its input says: {code, message, retryable}.",
    inputSchema: { type: "object", required: ["message"], properties: { message: { type: "string" } } },
    run: async (input) => { throw input; },
  },
  "/remember": {
    description: "Puts its input into a blob and reads it back.",
    run: async (input, call) => {
      const { blobId } = await request(call, "put_blob", { data: input });
      const { data } = await request(call, "get_blob", { blobId });
      return { blobId, data };
    },
  },
  "/twice": {
    description: "Runs a flow, and runs it again with what it gave.",
    run: async ({ flow, input }, call) => {
      for (const index of [0, 1]) {
        const ended = await request(call, "run_flow", { flow, input, index });
        if (ended.outcome === "failed") throw ended.error;
        input = ended.result;
      }
      send({ type: "report", call, numbers: { runs: 2 } });
      return input;
    },
  },
};

const declared = Object.entries(components).map(([path, { run, ...rest }]) => ({ path, ...rest }));
const lines = createInterface({ input: process.stdin });
lines.on("line", async (line) => {
  const { type, id, component, input, result, error } = JSON.parse(line);
  if (type === "hello") send({ type: "hello", protocol: 1, components: declared });
  if (type === "shutdown") process.exit(0);
  if (type === "reply") error ? asked.get(id).reject(error) : asked.get(id).resolve(result);
  if (type === "reply") asked.delete(id);
  if (type !== "call") return; // a cancelled call simply goes on: its answer is not waited for
  try {
    send({ type: "result", id, result: await components[component].run(input, id) });
  } catch (error) {
    send({ type: "error", id, error: { code: error.code, message: error.message, retryable: error.retryable } });
  }
});
lines.on("close", () => process.exit(0)); // the engine is gone
