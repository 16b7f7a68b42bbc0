// A stand-in for Azure Translator's POST /translate (v3), built from its documented wire format and
// as strict about it: key and region in their headers, api-version, from, to and textType in the
// query, [{"Text"}] of at most 1,000 elements and 50,000 characters, errors with their six-digit
// codes. It is no translator: see `translate`.
//
//     node azure_stub.mjs KEY REGION
//
// Prints `READY <port>`. Besides the API:
//   POST /stub/behave {"code": 429001, "retry_after": "7"}   answers that error; code 0: ok
//   GET  /stub/calls
import http from 'node:http';

const [key, region] = process.argv.slice(2);
const calls = [];
let behaviour = { code: 0 };

const messages = {
    400003: 'One of the specified parameters is not valid.',
    400018: 'The source language is not valid.',
    400021: 'The API version parameter is missing or is not valid.',
    400036: 'The target language specified is not valid.',
    400050: 'The input text is too long.',
    400072: 'The input contains too many elements.',
    400074: 'The body of the request is not valid JSON.',
    400077: 'The maximum request size has been exceeded.',
    401000: 'The request is not authorized because credentials are missing or invalid.',
    403001: 'The operation is not allowed because the subscription has exceeded its free quota.',
    429000: 'The server rejected the request because the client has exceeded request limits.',
};

function send(res, status, value, headers = {}) {
    res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
    res.end(JSON.stringify(value));
}
function fail(res, code, headers = {}) {
    const status = Math.floor(code / 1000);
    send(res, status, { error: { code, message: messages[code] ?? 'An error occurred.' } }, headers);
}

const span = /<span class="notranslate" translate="no" id="k\d+">[^<]*<\/span>/g;

function translate(text) {
    const kept = text.match(span) ?? [];
    const numbers = text.replaceAll(span, '').replaceAll(/&#?\w+;/g, '').match(/\d+/g) ?? [];
    return ['نص مترجم للمتجر', ...numbers, ...kept].join(' ');
}

function problem(request, query, characters) {
    if (query.get('api-version') !== '3.0') return 400021;
    if (!['en', 'ar'].includes(query.get('from'))) return 400018;
    if (!['en', 'ar'].includes(query.get('to'))) return 400036;
    if (!['plain', 'html', null].includes(query.get('textType'))) return 400003;
    if (!Array.isArray(request) || request.length === 0) return 400074;
    if (request.length > 1000) return 400072;
    if (!request.every((one) => typeof one?.Text === 'string')) return 400074;
    if (characters > 50000) return 400077;
    return 0;
}

function handleTranslate(req, res, body, query) {
    const regionOk = (req.headers['ocp-apim-subscription-region'] ?? '') === region;
    if (req.headers['ocp-apim-subscription-key'] !== key || !regionOk) return fail(res, 401000);
    let request;
    try {
        request = JSON.parse(body);
    } catch {
        return fail(res, 400074);
    }
    calls.push(request);
    if (behaviour.code) {
        return fail(res, behaviour.code, behaviour.retry_after ? { 'retry-after': behaviour.retry_after } : {});
    }
    const characters = Array.isArray(request)
        ? request.reduce((sum, one) => sum + (one?.Text?.length ?? 0), 0) : 0;
    const wrong = problem(request, query, characters);
    if (wrong) return fail(res, wrong);
    send(res, 200, request.map((one) => ({
        translations: [{ text: translate(one.Text), to: query.get('to') }] })),
    { 'x-metered-usage': String(characters) });
}

const server = http.createServer((req, res) => {
    const url = new URL(req.url, 'http://stub');
    let body = '';
    req.setEncoding('utf8');
    req.on('data', (piece) => { body += piece; });
    req.on('end', () => {
        if (req.method === 'POST' && url.pathname === '/translate') {
            return handleTranslate(req, res, body, url.searchParams);
        }
        if (url.pathname === '/stub/calls') return send(res, 200, calls);
        if (url.pathname === '/stub/behave') {
            behaviour = JSON.parse(body);
            return send(res, 200, {});
        }
        return fail(res, 404000);
    });
});
server.listen(0, '127.0.0.1', () => console.log(`READY ${server.address().port}`));
