// 市区町村システムのアダプタのひな形 / a skeleton of an adapter for a municipal system.
//
// Node だけで動きます。小さな台帳をメモリに持ち、`renkei conform adapter-check` に通ります。
// product の中身を、自社製品の呼出しに置き換えてください。
//
// It needs plain Node only, and keeps a tiny register in memory: enough for
// `renkei conform adapter-check --role municipal-system --command node adapter.mjs`. Put calls of your own
// product into `product`. Standard output is for answers; write logs with console.error.

let now = null;
let records = new Map();

// Each function takes the body of a request and gives the body of the answer, or a promise of it.
const product = {
  // Who we are and what we can do; see the list of capabilities in docs/adapter.md.
  hello: () => ({
    protocol: "renkei-adapter/1",
    name: "skeleton",
    vendor: "nobody",
    version: "1",
    roles: ["municipal-system"],
    capabilities: ["clock.settable"],
  }),

  // A fresh system at an instant: no records, no files.
  reset: (body) => {
    now = body.at;
    records = new Map();
    return {};
  },

  // Time passes; do whatever is due until then.
  clock: (body) => {
    now = body.until;
    return { at: now };
  },

  // These people are in the register already; nothing is sent for them.
  seed: (body) => {
    for (const person of body.residents) records.set(person.ref, person);
    return {};
  },

  // People file at a counter: decide, and tell what was decided.
  file: (body) => ({
    outcomes: body.filings.map((filing) => {
      const person = { ...filing.person, address: filing.new_address || filing.person.address };
      records.set(person.ref, person);
      return { person: person.ref, filing: filing.filing, decision: "accepted" };
    }),
  }),

  // Files that wait in the outbox, as { name, content: base64 }; each is given once.
  collect: () => ({ files: [] }),

  // Files of the ministry server: take them in, and name those that you refuse.
  deliver: () => ({ refused: {} }),

  // One person's record. Values are texts; empty ones are left out.
  query: (body) => {
    const person = records.get(body.person);
    if (!person) return { state: "none" };
    const { ref, ...rest } = person;
    const texts = Object.entries(rest).filter(([, value]) => typeof value === "string" && value);
    return { state: "present", items: Object.fromEntries(texts), history: ["made"] };
  },

  // The last word.
  bye: () => ({}),
};

async function answer(request) {
  const { id, op, body = {} } = request;
  if (!Object.hasOwn(product, op)) {
    return { id, ok: false, code: "unsupported", message: `no operation ${op}` };
  }
  try {
    return { id, ok: true, body: await product[op](body) };
  } catch (error) {
    // Whatever goes wrong in the product is told, and the next request comes.
    return { id, ok: false, code: "fault", message: String(error) };
  }
}

// A line ends at a line feed only: other characters that readline takes for one may stand inside JSON.
async function main() {
  process.stdin.setEncoding("utf8");
  let rest = "";
  for await (const chunk of process.stdin) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const request = JSON.parse(line);
      process.stdout.write(JSON.stringify(await answer(request)) + "\n");
      if (request.op === "bye") return;
    }
  }
}

await main();
