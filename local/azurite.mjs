// Azurite's blob, queue and table services, in memory or in a folder. It prints
// one line of JSON with the connection strings once all three listen, and ends
// when standard input closes.
//
//   node azurite.mjs [--blob 10000] [--queue 10001] [--table 10002] [--folder PATH]
//
// Port 0 is any free port. The services must share a process, since the
// Functions host needs blobs and queues beside our tables.
import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";
import { endWithStdin, flags, ready } from "./process.mjs";

// Azurite's well-known account; its key is public.
const account = "devstoreaccount1";
const key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

const { blob, queue, table, folder } = flags({ blob: "0", queue: "0", table: "0", folder: "" });

// For how many seconds a connection may be idle. It is longer than our clients
// keep one, which would otherwise write into one that is being closed, and lose
// the request: Azurite's own limit is 5 s.
const idle = "600";

const argv = ["--silent", "--disableTelemetry", "--skipApiVersionCheck", "--disableProductStyleUrl"];
for (const [service, port] of Object.entries({ blob, queue, table })) {
  argv.push(`--${service}Host`, "127.0.0.1", `--${service}Port`, port, `--${service}KeepAliveTimeout`, idle);
}
if (folder) {
  mkdirSync(folder, { recursive: true });
  argv.push("--location", folder);
} else {
  argv.push("--inMemoryPersistence");
}

// Azurite tells the ports that it was given by the system only in what it
// prints; the rest of that goes nowhere.
const endpoints = {};
console.log = (line) => {
  const [, service, url] = /^Azurite (\w+) service is successfully listening at (\S+)$/.exec(line) ?? [];
  if (!service) return;
  endpoints[service] = `${url}/${account}`;
  if (endpoints.Blob && endpoints.Queue && endpoints.Table) announce();
};

function announce() {
  const signedBy = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};`;
  const table = `TableEndpoint=${endpoints.Table};`;
  ready({
    TableConnection: signedBy + table,
    AzureWebJobsStorage: `${signedBy}BlobEndpoint=${endpoints.Blob};QueueEndpoint=${endpoints.Queue};${table}`,
  });
}

// In memory there is nothing to save. In a folder, Azurite writes what it has
// when it is asked to stop.
endWithStdin(folder ? () => process.kill(process.pid, "SIGTERM") : undefined);
if (!folder) for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));

process.argv = [process.argv[0], "azurite", ...argv];
createRequire(import.meta.url)("azurite/dist/src/azurite.js");
