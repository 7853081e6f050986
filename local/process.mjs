// What every emulator here has in common: how it reads its flags, how it says
// that it is ready, and when it ends.
import { parseArgs } from "node:util";

/** flags reads the command line; a flag that is not in defaults ends the program with a sentence. */
export function flags(defaults) {
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [name, { type: "string", default: value }]),
  );
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(`${error.message}. The flags are: ${Object.keys(defaults).map((name) => `--${name}`).join(", ")}`);
    process.exit(2);
  }
}

/** ready prints the one line of JSON by which others learn the addresses. */
export function ready(addresses) {
  process.stdout.write(`${JSON.stringify(addresses)}\n`);
}

/**
 * endWithStdin ends this process with whoever started it, even where that one
 * was killed: the other end of the pipe closes then.
 */
export function endWithStdin(stop = () => process.exit(0)) {
  process.stdin.on("end", stop);
  process.stdin.on("error", stop);
  process.stdin.resume();
}
