// A stand-in for Google's token endpoint and Cloud Translation v3's translateText, built from their
// documented wire formats and as strict about them: the service account's assertion is verified
// (signature, issuer, audience, scope, times), a translation needs a token that was handed out, at
// most 1,024 contents and fewer than 30,000 code points. It is no translator: see `translate`.
//
//     node google_stub.mjs ACCOUNT_PUBLIC_KEY.pem CLIENT_EMAIL
//
// Prints `READY <port>`. The project is shop-1; the glossary g1 is at us-central1. Besides the API:
//   POST /stub/behave {"mode": "ok"|"quota403"|"rate403"|"rate429"|"daily429"|"iam403"|"error<status>",
//                      "retry_after": "7"}
//   POST /stub/revoke   no token handed out so far is good any more
//   GET  /stub/state    {"exchanges", "assertion_errors", "refused", "calls": [body]}
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';

const [publicFile, clientEmail] = process.argv.slice(2);
const publicKey = fs.readFileSync(publicFile);
const scope = 'https://www.googleapis.com/auth/cloud-translation';
const state = { exchanges: 0, assertion_errors: [], refused: 0, calls: [] };
const valid = new Set();
let behaviour = { mode: 'ok' };
let port = 0;

function send(res, status, value, headers = {}) {
    res.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', ...headers });
    res.end(JSON.stringify(value));
}
function fail(res, code, status, message, headers = {}) {
    send(res, code, { error: { code, message, status, details: [] } }, headers);
}

function assertionError(body) {
    const form = new URLSearchParams(body);
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return 'grant_type';
    const parts = (form.get('assertion') ?? '').split('.');
    if (parts.length !== 3) return 'assertion';
    const signed = Buffer.from(`${parts[0]}.${parts[1]}`);
    if (!crypto.verify('RSA-SHA256', signed, publicKey, Buffer.from(parts[2], 'base64url'))) {
        return 'signature';
    }
    const header = JSON.parse(Buffer.from(parts[0], 'base64url'));
    const claims = JSON.parse(Buffer.from(parts[1], 'base64url'));
    const now = Date.now() / 1000;
    if (header.alg !== 'RS256' || header.typ !== 'JWT' || !header.kid) return 'header';
    if (claims.iss !== clientEmail) return 'iss';
    if (claims.aud !== `http://127.0.0.1:${port}/token`) return 'aud';
    if (claims.scope !== scope) return 'scope';
    if (!(claims.iat <= now + 1 && claims.iat > now - 600)) return 'iat';
    if (!(claims.exp > now && claims.exp - claims.iat <= 3600)) return 'exp';
    return null;
}

function exchange(res, body) {
    state.exchanges++;
    const problem = assertionError(body);
    if (problem) {
        state.assertion_errors.push(problem);
        return send(res, 400, { error: 'invalid_grant', error_description: problem });
    }
    const token = `ya29.${crypto.randomBytes(12).toString('hex')}`;
    valid.add(token);
    send(res, 200, { access_token: token, expires_in: 3599, token_type: 'Bearer' });
}

const span = /<span class="notranslate" translate="no" id="k\d+">[^<]*<\/span>/g;

/// Its HTML comes back as Google writes it: apostrophes as entities, attributes in another order.
function translate(text) {
    const kept = (text.match(span) ?? []).map((one) => one.replace(
        /class="notranslate" translate="no" id="(k\d+)"/, 'id="$1" translate="no" class="notranslate"'));
    const numbers = text.replaceAll(span, '').replaceAll(/&#?\w+;/g, '').match(/\d+/g) ?? [];
    return ['نص مترجم للمتجر', ...numbers, ...kept].join(' ');
}

function escaped(text) {
    const rest = text.replaceAll(span, '').replaceAll(/&(amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);/g, '');
    return !/[<&]/.test(rest);
}

const fields = new Set(['contents', 'mimeType', 'sourceLanguageCode', 'targetLanguageCode', 'model',
    'glossaryConfig', 'labels', 'transliterationConfig']);

function problem(request, location) {
    const bad = (message) => [400, 'INVALID_ARGUMENT', message];
    for (const name of Object.keys(request)) {
        if (!fields.has(name)) return bad(`Invalid JSON payload received. Unknown name "${name}"`);
    }
    const { contents } = request;
    if (!Array.isArray(contents) || contents.length === 0) return bad('Content field is empty.');
    if (!contents.every((one) => typeof one === 'string')) return bad('Invalid value at contents');
    if (contents.length > 1024) return bad('The number of contents exceeds 1024.');
    const points = contents.reduce((sum, one) => sum + [...one].length, 0);
    if (points >= 30000) return bad('Text is too long.');
    if (!['text/plain', 'text/html'].includes(request.mimeType)) return bad('Invalid MIME type.');
    for (const name of ['sourceLanguageCode', 'targetLanguageCode']) {
        if (!['en', 'ar'].includes(request[name])) return bad(`Invalid ${name}: language`);
    }
    if (request.mimeType === 'text/html' && !contents.every(escaped)) return bad('the stand-in wants escaped HTML');
    if (request.glossaryConfig) {
        if (location === 'global') return bad('Glossary must be in a region.');
        const name = `projects/shop-1/locations/${location}/glossaries/g1`;
        if (request.glossaryConfig.glossary !== name) return [404, 'NOT_FOUND', 'Glossary not found.'];
    }
    return null;
}

function misbehave(res) {
    const headers = behaviour.retry_after ? { 'retry-after': behaviour.retry_after } : {};
    switch (behaviour.mode) {
    case 'quota403': return fail(res, 403, 'PERMISSION_DENIED', 'Daily Limit Exceeded', headers);
    case 'rate403': return fail(res, 403, 'PERMISSION_DENIED', 'User Rate Limit Exceeded', headers);
    case 'rate429': return fail(res, 429, 'RESOURCE_EXHAUSTED', 'Quota exceeded for v3 requests per minute', headers);
    case 'daily429': return fail(res, 429, 'RESOURCE_EXHAUSTED', 'Quota exceeded for characters per day', headers);
    case 'iam403': return fail(res, 403, 'PERMISSION_DENIED', 'The caller does not have permission', headers);
    default: return fail(res, Number(behaviour.mode.slice(5)), 'INTERNAL', 'Internal error', headers);
    }
}

function handleTranslate(req, res, body, location) {
    const token = /^Bearer (.+)$/.exec(req.headers.authorization ?? '')?.[1];
    if (!valid.has(token)) {
        state.refused++;
        return fail(res, 401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
    }
    let request;
    try {
        request = JSON.parse(body);
    } catch {
        return fail(res, 400, 'INVALID_ARGUMENT', 'Invalid JSON payload received.');
    }
    state.calls.push(request);
    if (behaviour.mode !== 'ok') return misbehave(res);
    const wrong = problem(request, location);
    if (wrong) return fail(res, ...wrong);
    const translations = request.contents.map((text) => ({ translatedText: translate(text) }));
    const answer = { translations };
    if (request.glossaryConfig) {
        answer.glossaryTranslations = translations.map((one) => (
            { ...one, glossaryConfig: request.glossaryConfig }));
    }
    send(res, 200, answer);
}

const server = http.createServer((req, res) => {
    let body = '';
    req.setEncoding('utf8');
    req.on('data', (piece) => { body += piece; });
    req.on('end', () => {
        if (req.url === '/stub/state') return send(res, 200, state);
        if (req.method !== 'POST') return fail(res, 404, 'NOT_FOUND', 'no such page');
        if (req.url === '/token') return exchange(res, body);
        const match = /^\/v3\/projects\/shop-1\/locations\/(global|us-central1):translateText$/.exec(req.url);
        if (match) return handleTranslate(req, res, body, match[1]);
        if (req.url === '/stub/behave') behaviour = JSON.parse(body);
        else if (req.url === '/stub/revoke') valid.clear();
        else return fail(res, 404, 'NOT_FOUND', 'no such page');
        send(res, 200, {});
    });
});
server.listen(0, '127.0.0.1', () => {
    port = server.address().port;
    console.log(`READY ${port}`);
});
