// firebase-admin as a peer: `node firebase.mjs ORIGIN CA.pem MESSAGES`.
//
// It has no host setting, so that its HTTP/2 connections are led to ORIGIN, and its access token is
// handed to it. Messages go out as its users send them: `sendEach` in batches of 500, one batch
// after the other. Prints `RESULT seconds rss_kb cpu_s accepted`.
import { readFileSync } from "node:fs";
import http2 from "node:http2";

const [origin, caFile, messagesText] = process.argv.slice(2);
const messages = Number(messagesText);
const ca = readFileSync(caFile);
const connect = http2.connect;
http2.connect = (authority, options, listener) => {
  const session = connect(origin, { ...(typeof options === "object" ? options : {}), ca }, listener);
  const request = session.request.bind(session);
  // It sends the scheme as "https:", which Google takes and a strict server resets.
  session.request = (headers, more) => request({ ...headers, ":scheme": "https" }, more);
  return session;
};

const { initializeApp } = await import("firebase-admin/app");
const { getMessaging } = await import("firebase-admin/messaging");
const app = initializeApp({
  projectId: "bench",
  credential: {
    getAccessToken: async () => ({ access_token: "ya29." + "b".repeat(180), expires_in: 3600 }),
  },
});
const messaging = getMessaging(app);

const peakKilobytes = () =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
const message = (n) => ({
  token: `bench-token-${n}`.padEnd(160, "x"),
  notification: { title: "تم شحن طلبك", body: `طلبك رقم \u2068A-${n}\u2069 في الطريق إليك` },
  data: { nid: "01a2004e-afc2-79e6-a20d-01017fe11224", order: `A-${n}` },
  android: {
    priority: "high",
    ttl: 3_600_000,
    notification: { tag: "01a2004e-afc2-79e6-a20d-01017fe11224" },
  },
});

const batch = (from, size) => Array.from({ length: size }, (_, i) => message(from + i));
await messaging.sendEach(batch(0, 100)); // the connection is made, the code is warm
const cpuBefore = process.cpuUsage();
const began = process.hrtime.bigint();
let accepted = 0;
for (let sent = 0; sent < messages; sent += 500) {
  const answer = await messaging.sendEach(batch(sent, Math.min(500, messages - sent)));
  accepted += answer.successCount;
}
const seconds = Number(process.hrtime.bigint() - began) / 1e9;
const cpu = process.cpuUsage(cpuBefore);
console.log(`RESULT ${seconds} ${peakKilobytes()} ${(cpu.user + cpu.system) / 1e6} ${accepted}`);
process.exit(0);
