// A stand-in for LibreTranslate's POST /translate, built from its documented wire format. It is no
// translator: it knows the texts it was given in a dictionary and marks the others.
//
//     node libretranslate_stub.mjs [API_KEY]
//
// Prints `READY <port>`. Besides the API:
//   POST /stub/dictionary {"en text": "ar text"}   adds translations
//   POST /stub/behave {"mode": M, "retry_after": "7", "times": N}
//        modes: ok, error400, error403, error429, error500, emoji, unchanged, lose_tokens, bad_json,
//        one_less, html_page, hold (answers only after POST /stub/release), drop (no answer)
//   GET  /stub/calls   every request's body so far
import http from 'node:http';

const apiKey = process.argv[2] ?? '';
const dictionary = new Map();
const calls = [];
let behaviour = { mode: 'ok', times: 0 };
let held = [];
let arrivals = []; // who waits for a held request

const unescapeHtml = (text) => text
    .replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"')
    .replaceAll('&#x27;', "'").replaceAll('&#39;', "'").replaceAll('&amp;', '&');

function translate(text) {
    if (dictionary.has(text)) return dictionary.get(text);
    const tokens = text.match(/k\d+@m\.invalid/g) ?? [];
    const numbers = text.replaceAll(/k\d+@m\.invalid/g, '').match(/\d+/g) ?? [];
    return ['ترجمة نص المتجر', ...numbers, ...tokens].join(' ');
}

function send(res, status, value, headers = {}) {
    const body = typeof value === 'string' ? value : JSON.stringify(value);
    res.writeHead(status, { 'content-type': 'application/json', ...headers });
    res.end(body);
}

function answer(texts) {
    switch (behaviour.mode) {
        case 'emoji': return texts.map(() => '😀');
        case 'unchanged': return texts;
        case 'lose_tokens': return texts.map((t) => translate(t).replaceAll(/k\d+@m\.invalid/g, ''));
        case 'one_less': return texts.map(translate).slice(1);
        // The real server unescapes entities, in HTML answers too.
        default: return texts.map((t) => unescapeHtml(translate(t)));
    }
}

async function handleTranslate(req, res, body) {
    let request;
    try {
        request = JSON.parse(body);
    } catch {
        return send(res, 400, { error: 'Invalid request: malformed JSON' });
    }
    calls.push(request);
    const mode = behaviour.mode;
    if (mode === 'hold') {
        await new Promise((resolve) => {
            held.push(resolve);
            for (const notify of arrivals.splice(0)) notify();
        });
    }
    const headers = behaviour.retry_after ? { 'retry-after': behaviour.retry_after } : {};
    if (behaviour.times > 0 && --behaviour.times === 0) behaviour = { mode: 'ok', times: 0 };
    if (mode === 'drop') return req.socket.destroy();
    if (mode === 'html_page') return send(res, 200, '<html>It works!</html>');
    if (mode === 'bad_json') return send(res, 200, '{"translatedText": ["');
    if (mode.startsWith('error')) {
        return send(res, Number(mode.slice(5)), { error: 'Slowdown: too many requests' }, headers);
    }
    if (apiKey !== '' && request.api_key !== apiKey) {
        return send(res, request.api_key ? 403 : 400, { error: 'Invalid API key' });
    }
    for (const name of ['q', 'source', 'target']) {
        if (!request[name]) return send(res, 400, { error: `Invalid request: missing ${name} parameter` });
    }
    if (!['text', 'html', undefined].includes(request.format)) {
        return send(res, 400, { error: `${request.format} format is not supported` });
    }
    const list = Array.isArray(request.q);
    const saved = behaviour;
    behaviour = { ...behaviour, mode };
    const texts = answer(list ? request.q : [request.q]);
    behaviour = saved;
    send(res, 200, { translatedText: list ? texts : texts[0] });
}

const server = http.createServer((req, res) => {
    let body = '';
    req.setEncoding('utf8');
    req.on('data', (piece) => { body += piece; });
    req.on('end', async () => {
        if (req.method === 'POST' && req.url === '/translate') return handleTranslate(req, res, body);
        if (req.url === '/stub/calls') return send(res, 200, calls);
        if (req.url === '/stub/dictionary') {
            for (const [from, to] of Object.entries(JSON.parse(body))) dictionary.set(from, to);
            return send(res, 200, {});
        }
        if (req.url === '/stub/behave') {
            behaviour = { times: 0, ...JSON.parse(body) };
            return send(res, 200, {});
        }
        if (req.url === '/stub/wait_held') {
            if (held.length === 0) await new Promise((resolve) => arrivals.push(resolve));
            return send(res, 200, {});
        }
        if (req.url === '/stub/release') {
            for (const resolve of held.splice(0)) resolve();
            return send(res, 200, {});
        }
        return send(res, 404, { error: 'not found' });
    });
});
server.listen(0, '127.0.0.1', () => console.log(`READY ${server.address().port}`));
