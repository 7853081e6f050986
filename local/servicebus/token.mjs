// The check of a shared access signature: sr, sig, se and skn, signed with
// HMAC-SHA256 over the resource and the expiry.
import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * refusal says why a token does not open an audience; undefined if it does. A
 * JSON Web Token is never refused: an emulator knows no issuer.
 */
export function refusal({ type, token, audience, keyName, key }) {
  if (type === "jwt") return undefined;
  const fields = new Map(
    String(token).replace(/^SharedAccessSignature /, "").split("&").map((field) => {
      const at = field.indexOf("=");
      return [field.slice(0, at), field.slice(at + 1)];
    }),
  );
  const [resource, signature, expiry] = ["sr", "sig", "se"].map((name) => fields.get(name) ?? "");
  const expected = createHmac("sha256", key).update(`${resource}\n${expiry}`).digest();
  const given = Buffer.from(decodeURIComponent(signature), "base64");
  if (fields.get("skn") !== keyName || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return "InvalidSignature: The token has an invalid signature.";
  }
  if (Number(expiry) * 1000 < Date.now()) return "ExpiredToken: The token is expired.";
  if (!covers(decodeURIComponent(resource), audience)) return "InvalidAudience: The token is for another resource.";
  return undefined;
}

// The scheme says nothing: clients sign sb:, amqp: or amqps: as they like.
function covers(resource, audience) {
  const [signed, wanted] = [resource, audience].map((url) => url.toLowerCase().replace(/^[a-z]+:\/\//, "").replace(/\/$/, ""));
  return wanted === signed || wanted.startsWith(`${signed}/`);
}
