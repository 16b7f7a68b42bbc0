// Takes what http.deliver sends: checks the signature (Standard Webhooks), then handles the event
// once. Node 18 or newer, no packages.
//
//     WEBHOOK_SECRETS="whsec_…" PORT=3000 node examples/webhook_receiver.mjs
//
// WEBHOOK_SECRETS may hold several, separated by blanks, while a secret is being changed.
// In Express, use the same function on the raw body:
//
//     app.post('/webhooks', express.raw({ type: '*/*' }), (req, res) => {
//         const event = verify(req.headers, req.body, secrets);
//         …
//     });
import crypto from 'node:crypto';
import http from 'node:http';
import { pathToFileURL } from 'node:url';

const TOLERANCE_SECONDS = 5 * 60;
const MAX_BODY_BYTES = 2 * 1024 * 1024;

/// The event in `body` (a Buffer, as it came), or an Error when it isn't from who knows a secret.
export function verify(headers, body, secrets, now = Date.now()) {
    const id = headers['webhook-id'];
    const timestamp = headers['webhook-timestamp'];
    const signatures = headers['webhook-signature'];
    if (!id || !/^\d{1,12}$/.test(timestamp ?? '') || !signatures) {
        throw new Error('a webhook header is missing');
    }
    // Who records a message can't send it again next week.
    if (Math.abs(now / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) {
        throw new Error('the timestamp is too far from now');
    }
    for (const secret of secrets) {
        const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
        const expected = crypto.createHmac('sha256', key)
            .update(`${id}.${timestamp}.`).update(body).digest();
        for (const signature of signatures.split(' ')) {
            const [version, text] = signature.split(',');
            const given = Buffer.from(text ?? '', 'base64');
            if (version === 'v1' && given.length === expected.length
                && crypto.timingSafeEqual(given, expected)) {
                return JSON.parse(body.toString('utf8'));
            }
        }
    }
    throw new Error('no signature fits');
}

async function read(request) {
    const pieces = [];
    let size = 0;
    for await (const piece of request) {
        size += piece.length;
        if (size > MAX_BODY_BYTES) throw new Error('the body is too large');
        pieces.push(piece);
    }
    return Buffer.concat(pieces);
}

// A job may be delivered twice (the answer was lost, a worker died): its id is the same each time.
// A shop keeps these in a table with a unique key, in the transaction of what it does.
const done = new Set();

function start(secrets, port) {
    const server = http.createServer(async (request, response) => {
        const answer = (status, text) => response.writeHead(status).end(text);
        let event;
        try {
            event = verify(request.headers, await read(request), secrets);
        } catch (error) {
            return answer(401, error.message); // http.deliver tries again
        }
        const id = request.headers['webhook-id'];
        if (!done.has(id)) {
            console.log(`EVENT ${JSON.stringify(event)}`);
            done.add(id);
        }
        return answer(200, 'thank you'); // any other 4xx than 401 … would end the job as failed
    });
    server.listen(port, '127.0.0.1', () => console.log(`READY ${server.address().port}`));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
    start((process.env.WEBHOOK_SECRETS ?? '').split(/\s+/).filter(Boolean),
        Number(process.env.PORT ?? 3000));
}
