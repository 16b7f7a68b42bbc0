// A strict receiver of http.deliver's requests: refuses what Standard Webhooks doesn't prescribe.
//
//     node deliver_stub.mjs SECRET
//
// Prints `READY <port>`, and for each request that arrives whole one line `SEEN <json>`, with what
// was wrong with it. The path says how to answer.
import crypto from 'node:crypto';
import http from 'node:http';

const key = Buffer.from(process.argv[2].slice('whsec_'.length), 'base64');
let underWay = 0;
let most = 0;
let failures = 0;

function problemOf(req, body) {
    const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signed } = req.headers;
    if (req.method !== 'POST') return 'not a POST';
    if (req.headers['content-type'] !== 'application/json') return 'not JSON by its type';
    if (!/^[!-~]{1,128}$/.test(id ?? '') || id.includes('.')) return 'bad id';
    if (!/^[1-9]\d*$/.test(time ?? '') || Math.abs(Date.now() / 1000 - time) > 60) return 'bad time';
    if (!/^v1,[A-Za-z0-9+/]{43}=( v1,[A-Za-z0-9+/]{43}=)*$/.test(signed ?? '')) return 'bad list';
    const content = Buffer.concat([Buffer.from(`${id}.${time}.`), body]);
    const mac = crypto.createHmac('sha256', key).update(content).digest('base64');
    if (!signed.split(' ').includes(`v1,${mac}`)) return 'no signature fits';
    const event = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (Object.keys(event).join() !== 'type,timestamp,data') return 'bad members';
    if (new Date(event.timestamp).toString() === 'Invalid Date') return 'bad timestamp';
    return '';
}

const routes = {
    ok: (req, res) => res.end('شكرًا'),
    status: (req, res, [code, after]) => {
        if (after) res.setHeader('retry-after', after);
        res.writeHead(Number(code), { location: 'https://shop.example/login' });
        res.end(Number(code) === 204 ? undefined : `answer ${code}`);
    },
    echo: (req, res) => res.end(JSON.stringify(req.headers)),
    nul: (req, res) => res.end(Buffer.from('a\u0000b\\u0000c\xff', 'latin1')),
    huge: (req, res) => {
        const more = () => { while (res.write('س'.repeat(8192))); };
        res.on('drain', more);
        more();
    },
    trickle: (req, res) => {
        res.writeHead(200);
        const timer = setInterval(() => res.write('x'), 50);
        res.on('close', () => clearInterval(timer));
    },
    hang: () => {},
    reset: (req) => req.socket.resetAndDestroy(),
    slow: (req, res, [ms]) => setTimeout(() => res.end('late'), Number(ms)),
    flaky: (req, res, [times]) => {
        failures += 1;
        res.writeHead(failures <= Number(times) ? 500 : 200).end();
    },
};

http.createServer((req, res) => {
    const pieces = [];
    underWay += 1;
    most = Math.max(most, underWay);
    res.on('close', () => { underWay -= 1; });
    res.on('error', () => {});
    req.on('error', () => {});
    req.on('data', (piece) => pieces.push(piece));
    req.on('end', () => {
        const body = Buffer.concat(pieces);
        const problem = problemOf(req, body);
        console.log(`SEEN ${JSON.stringify({
            problem, most, id: req.headers['webhook-id'], body: body.toString('utf8'),
            trace: req.headers.traceparent ?? '', custom: req.headers['x-shop'] ?? '',
        })}`);
        const [, route, ...rest] = req.url.split('/');
        if (problem) res.writeHead(401).end(problem);
        else routes[route](req, res, rest);
    });
}).listen(0, '127.0.0.1', function ready() { console.log(`READY ${this.address().port}`); });
