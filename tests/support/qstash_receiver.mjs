// A receiver as one writes it for Upstash QStash, by the steps of its page "Verify signatures":
// the JWT's signature with the current key and then the next one, issuer, subject, times, and the
// body's hash.
//
//     CURRENT_KEY=sig_… NEXT_KEY=sig_… node qstash_receiver.mjs
//
// Prints `READY <port>`, and `SEEN <json>` for each request. POST /489 is refused for good, /489x
// without the header that says so, /422 with a plain 422.
import crypto from 'node:crypto';
import http from 'node:http';

const keys = [process.env.CURRENT_KEY, process.env.NEXT_KEY];
const seen = new Set();

function claimsOf(token, key) {
    const [header, payload, signature] = token.split('.');
    const expected = crypto.createHmac('sha256', key).update(`${header}.${payload}`)
        .digest('base64url');
    if (signature !== expected) throw new Error('invalid signature');
    if (JSON.parse(Buffer.from(header, 'base64url')).alg !== 'HS256') throw new Error('bad alg');
    return JSON.parse(Buffer.from(payload, 'base64url'));
}

function verify(token, url, body) {
    let claims;
    try {
        claims = claimsOf(token, keys[0]);
    } catch {
        claims = claimsOf(token, keys[1]);
    }
    const now = Date.now() / 1000;
    if (claims.iss !== 'Upstash') throw new Error(`invalid issuer: ${claims.iss}`);
    if (claims.sub !== url) throw new Error(`invalid subject: ${claims.sub}`);
    if (now > claims.exp) throw new Error('token has expired');
    if (now < claims.nbf) throw new Error('token is not yet valid');
    if (claims.exp - claims.iat !== 300) throw new Error('not valid for five minutes');
    if (seen.has(claims.jti)) throw new Error('this token was used before');
    seen.add(claims.jti);
    const hash = crypto.createHash('sha256').update(body).digest('base64url');
    if (claims.body.replace(/=+$/, '') !== hash) throw new Error('body hash does not match');
}

const server = http.createServer((req, res) => {
    const pieces = [];
    req.on('data', (piece) => pieces.push(piece));
    req.on('end', () => {
        const url = `http://127.0.0.1:${server.address().port}${req.url}`;
        let problem = '';
        try {
            verify(req.headers['upstash-signature'] ?? '..', url, Buffer.concat(pieces));
        } catch (error) {
            problem = error.message;
        }
        console.log(`SEEN ${JSON.stringify({
            problem, retried: req.headers['upstash-retried'],
            id: req.headers['upstash-message-id'], webhook: req.headers['webhook-id'],
            schedule: req.headers['upstash-schedule-id'] ?? '' })}`);
        if (req.url === '/489') res.setHeader('Upstash-NonRetryable-Error', 'true');
        const status = problem !== '' ? 401 : { '/489': 489, '/489x': 489, '/422': 422 }[req.url];
        res.writeHead(status ?? 200);
        res.end(problem);
    });
});
server.listen(0, '127.0.0.1', () => console.log(`READY ${server.address().port}`));
