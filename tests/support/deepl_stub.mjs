// A stand-in for DeepL's POST /v2/translate, built from its documented wire format and as strict
// about it: key in the Authorization header, at most 50 texts and 128 KiB, target AR or EN-US, and
// well-formed XML when tag_handling is xml. It is no translator: it has a dictionary.
//
//     node deepl_stub.mjs AUTH_KEY [REQUESTS_A_SECOND]
//
// Prints `READY <port>`. Besides the API:
//   POST /stub/dictionary {"en text": "ar text"}
//   POST /stub/behave {"mode": "ok"|"error<status>"|"doubled"|"injected", "retry_after": "7"}
//   GET  /stub/calls
import http from 'node:http';

const authKey = process.argv[2];
const allowed = Number(process.argv[3] ?? Infinity);
let second = 0;
let inSecond = 0;
const dictionary = new Map();
const calls = [];
let behaviour = { mode: 'ok' };

function send(res, status, value, headers = {}) {
    res.writeHead(status, { 'content-type': 'application/json', ...headers });
    res.end(JSON.stringify(value));
}

function wellFormed(text) {
    const rest = text.replaceAll(/<m id="\d+"\/>/g, '')
        .replaceAll(/&(amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);/g, '');
    return !/[<&]/.test(rest);
}

function translate(text) {
    if (dictionary.has(text)) return dictionary.get(text);
    const tags = text.match(/<m id="\d+"\/>/g) ?? [];
    const numbers = text.replaceAll(/<m id="\d+"\/>/g, '').match(/\d+/g) ?? [];
    const answer = ['نص مترجم للمتجر', ...numbers, ...tags].join(' ');
    if (behaviour.mode === 'doubled') return `${answer} ${tags.join(' ')}`;
    if (behaviour.mode === 'injected') return `${answer} <script>alert(1)</script>`;
    return answer;
}

function problem(request, bytes) {
    if (bytes > 128 * 1024) return [413, 'Payload too large'];
    if (!Array.isArray(request.text) || request.text.length === 0) return [400, 'Parameter text not specified'];
    if (request.text.length > 50) return [400, 'Too many texts'];
    if (!['AR', 'EN-US', 'EN-GB'].includes(request.target_lang)) return [400, 'Value for target_lang not supported'];
    if (!['AR', 'EN'].includes(request.source_lang)) return [400, 'Value for source_lang not supported'];
    if (request.tag_handling === 'xml' && !request.text.every(wellFormed)) {
        return [400, 'Tag handling parsing failed'];
    }
    return null;
}

function handleTranslate(req, res, body) {
    if (req.headers.authorization !== `DeepL-Auth-Key ${authKey}`) return send(res, 403, { message: 'Forbidden' });
    let request;
    try {
        request = JSON.parse(body);
    } catch {
        return send(res, 400, { message: 'Bad request' });
    }
    const now = Math.floor(Date.now() / 1000);
    inSecond = now === second ? inSecond + 1 : 1;
    second = now;
    if (inSecond > allowed) return send(res, 429, { message: 'Too many requests' }, { 'retry-after': '1' });
    calls.push(request);
    if (behaviour.mode.startsWith('error')) {
        const headers = behaviour.retry_after ? { 'retry-after': behaviour.retry_after } : {};
        return send(res, Number(behaviour.mode.slice(5)), { message: 'Quota or rate exceeded' }, headers);
    }
    const wrong = problem(request, Buffer.byteLength(body));
    if (wrong) return send(res, wrong[0], { message: wrong[1] });
    send(res, 200, {
        translations: request.text.map((text) => ({
            detected_source_language: request.source_lang, text: translate(text) })),
    });
}

const server = http.createServer((req, res) => {
    let body = '';
    req.setEncoding('utf8');
    req.on('data', (piece) => { body += piece; });
    req.on('end', () => {
        if (req.method === 'POST' && req.url === '/v2/translate') return handleTranslate(req, res, body);
        if (req.url === '/stub/calls') return send(res, 200, calls);
        if (req.url === '/stub/dictionary') {
            for (const [from, to] of Object.entries(JSON.parse(body))) dictionary.set(from, to);
            return send(res, 200, {});
        }
        if (req.url === '/stub/behave') {
            behaviour = JSON.parse(body);
            return send(res, 200, {});
        }
        return send(res, 404, { message: 'not found' });
    });
});
server.listen(0, '127.0.0.1', () => console.log(`READY ${server.address().port}`));
