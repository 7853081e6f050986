// Azurite and the Service Bus emulator with one command, on the ports that
// local.settings.sample.json names. Ctrl-C stops both.
//
//   node start.mjs [--folder PATH]
//
// With a folder the tables stay when it is stopped; messages never do, and the
// sweep sends them again. The queue is the one that HANDOVER_QUEUE names.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { flags } from "./process.mjs";

const { folder } = flags({ folder: "" });
const scripts = {
  "azurite.mjs": ["--blob", "10000", "--queue", "10001", "--table", "10002", ...(folder ? ["--folder", folder] : [])],
  "servicebus.mjs": ["--port", "5672", "--admin", "5300"],
};

// A script prints its addresses in one line when it is ready, and ends when its
// standard input, which is a pipe from here, closes.
async function start([script, argv]) {
  const child = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), ...argv], { stdio: ["pipe", "pipe", "inherit"] });
  child.on("exit", (code) => {
    if (stopping) return;
    console.error(`local/${script} ended with ${code}. Is another one running, or its port taken?`);
    process.exit(1);
  });
  const [line] = await once(createInterface(child.stdout), "line");
  return JSON.parse(line);
}

let stopping = false;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    stopping = true;
    process.exit(0);
  });
}

const { admin, ...settings } = Object.assign({}, ...(await Promise.all(Object.entries(scripts).map(start))));
console.log("Azurite and the Service Bus emulator run. These are the values for local.settings.json:\n");
for (const [name, value] of Object.entries(settings)) console.log(`    ${JSON.stringify(name)}: ${JSON.stringify(value)},`);
console.log(`\nThe emulator's counts and troubles are at ${admin}/queues/NAME. Ctrl-C stops both.`);
