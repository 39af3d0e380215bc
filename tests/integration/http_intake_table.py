"""Requests of the HTTP intake, what they are answered, and the lines they become.

A row: what it shows, the request, the status, headers that the answer has (None: has not), its body
(None: any), the lines. The facts are statsd-http-proxy's (docs/http-intake.md) unless the text of
the row says "deviation", which docs/differences.md explains.
"""

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ERROR = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}
ORIGIN = {"Origin": "https://shop.example"}
ECHO = {"access-control-allow-origin": "https://shop.example"}
NO_CORS = {"access-control-allow-origin": None}
EMPTY = {"content-length": "0", "content-type": None}
PREFLIGHT = {
    **ECHO,
    "access-control-allow-methods": "GET, POST, HEAD, OPTIONS",
    "access-control-max-age": None,
    "access-control-allow-credentials": None,
    "vary": None,
}


def good(what, path, body, *lines, headers=JSON):
    return (what, ("POST", path, body, headers), 200, EMPTY, b"", lines)


def bad(what, path, body, status=400, text=None, headers=JSON):
    return (what, ("POST", path, body, headers), status, ERROR, text, ())


METRICS = [
    good("a count", "/count/a.b", b'{"value": 5}', "a.b:5|c"),
    good("a negative count", "/count/a.b", b'{"value": -5}', "a.b:-5|c"),
    good("a gauge", "/gauge/g1", b'{"value": -7}', "g1:-7|g"),
    good("a timing", "/timing/t1", b'{"value": 320, "tags": "a=b"}', "t1,a=b:320|ms"),
    good("a set", "/set/s1", b'{"value": 320}', "s1:320|s"),
    good("no field", "/count/a", b"{}", "a:0|c"),
    good("null for an object", "/count/a", b"null", "a:0|c"),
    good("null for a value", "/count/a", b'{"value": null}', "a:0|c"),
    good("names of fields in any case", "/count/a", b'{"VALUE": 3}', "a:3|c"),
    good("a field twice", "/count/a", b'{"value": 3, "value": 4}', "a:4|c"),
    good("unknown fields", "/count/a", b'{"x": [1, {"y": "\\u00e9"}], "value": 3}', "a:3|c"),
    good("the largest value", "/count/a", b'{"value": 9223372036854775807}',
         "a:9223372036854775807|c"),
    good("minus zero", "/count/a", b'{"value": -0}', "a:0|c"),
    good("spaces around", "/count/a", b' \n{ "value" : 3 }\r\n\t', "a:3|c"),
    good("a key with escapes", "/count/a%2Eb", b'{"value": 1}', "a.b:1|c"),
    good("a key that is UTF-8", "/count/%C3%A9", b'{"value": 1}', "é:1|c"),
    good("a plus stays one", "/count/a+b", b'{"value": 1}', "a+b:1|c"),
    good("the query is ignored", "/count/a?value=9", b'{"value": 1}', "a:1|c"),
    good("tags", "/count/a.b", b'{"value": 5, "tags": "env=prod,l=en"}', "a.b,env=prod,l=en:5|c"),
    good("empty tags", "/count/a", b'{"value": 5, "tags": ""}', "a:5|c"),
    good("one bad tag loses all", "/count/a", b'{"value": 5, "tags": "env=prod,l"}', "a:5|c"),
    good("a tag with two equals signs", "/count/a", b'{"value": 5, "tags": "a=b=c"}', "a:5|c"),
    good("a blank value of a tag", "/count/a", b'{"value": 5, "tags": "a= "}', "a:5|c"),
    good("deviation: tags are trimmed", "/count/a", b'{"value": 5, "tags": " env=prod , l=en "}',
         "a,env=prod,l=en:5|c"),
    good("a rate of one", "/count/a", b'{"value": 1, "sampleRate": 1}', "a:1|c"),
    good("a rate of zero", "/count/a", b'{"value": 1, "sampleRate": 0}', "a:1|c"),
    good("a negative rate is never sent", "/count/a", b'{"value": 1, "sampleRate": -0.5}'),
    good("deviation: a rate takes every request", "/count/a", b'{"value": 1, "sampleRate": 0.2}',
         "a:1|c"),
    good("a gauge has no rate", "/gauge/a", b'{"value": 1, "sampleRate": "x"}', "a:1|g"),
    good("a type nobody knows", "/foo/x", b"not even JSON", headers={}),
    good("a type in capitals", "/COUNT/x", b'{"value": 1}'),
    good("a charset", "/count/a", b'{"value": 1}', "a:1|c",
         headers={"Content-Type": "application/json; charset=utf-8"}),
    good("a body in chunks", "/count/a", b'd\r\n{"value": 12}\r\n0\r\n\r\n', "a:12|c",
         headers={**JSON, "Transfer-Encoding": "chunked"}),
]

# What the dialects before and beside the present one have.
DIALECTS = [
    good("F: a form", "/count/a", b"value=5", "a:5|c", headers=FORM),
    good("F: a form without a value", "/count/a", b"", "a:1|c", headers=FORM),
    good("F: a gauge", "/gauge/a", b"value=-5", "a:-5|g", headers=FORM),
    good("F: a gauge without a value", "/gauge/a", b"", "a:1|g", headers=FORM),
    good("F: a shift down", "/gauge/a", b"shift=-1", "a:-1|g", headers=FORM),
    good("F: a shift up", "/gauge/a", b"shift=3", "a:+3|g", headers=FORM),
    good("F: a timing", "/timing/a", b"time=320&sampleRate=1", "a:320|ms", headers=FORM),
    good("F: a set", "/set/a", b"value=3", "a:3|s", headers=FORM),
    bad("deviation: F: a timing without a time sends nothing", "/timing/a", b"",
        text=b"Invalid time specified\n", headers=FORM),
    bad("deviation: F: a bad value sends nothing", "/count/a", b"value=x",
        text=b"Invalid value specified\n", headers=FORM),
    bad("F: a bad rate", "/count/a", b"value=1&sampleRate=x",
        text=b"Invalid sample rate specified\n", headers=FORM),
    bad("F: a bad shift", "/gauge/a", b"shift=x", text=b"Invalid gauge shift specified\n",
        headers=FORM),
    good("I: a count", "/count/a", b"n=5&tags=a%3Db", "a,a=b:5|c", headers=FORM),
    good("I: up by one", "/incr/a", b"tags=a%3Db", "a,a=b:1|c", headers=FORM),
    good("I: up by one without a body", "/incr/a", b"", "a:1|c", headers={}),
    good("I: a timing", "/timing/a", b"dur=320", "a:320|ms", headers=FORM),
    good("I: a member", "/uniq/a", b"value=bob", "a:bob|s", headers=FORM),
    good("J1: up by one", "/incr/a", b'{"tags": "a=b"}', "a,a=b:1|c"),
    good("J1: a member", "/uniq/a", b'{"value": "bob"}', "a:bob|s"),
    good("deviation: a set of texts, as the README promises", "/set/a", b'{"value": "bob"}', "a:bob|s"),
    good("deviation: the README's jQuery sample", "/count/a", b"value=100&sampleRate=1", "a:100|c"),
]

REFUSED = [
    bad("no type of content", "/count/a", b'{"value": 1}', text=b"Unsupported content type\n",
        headers={}),
    bad("another type of content", "/count/a", b"value=1", text=b"Unsupported content type\n",
        headers={"Content-Type": "text/plain"}),
    bad("an empty body", "/count/a", b""),
    bad("an array", "/count/a", b"[]"),
    bad("a fraction", "/count/a", b'{"value": 1.5}'),
    bad("an exponent", "/count/a", b'{"value": 1e2}'),
    bad("too large a value", "/count/a", b'{"value": 9223372036854775808}'),
    bad("a text for a number", "/count/a", b'{"value": "5"}'),
    bad("something behind", "/count/a", b'{"value": 1}x'),
    bad("a number for tags", "/count/a", b'{"value": 1, "tags": 5}'),
    bad("a rate that is no number", "/count/a", b'{"value": 1, "sampleRate": 1e999}'),
    bad("half an object", "/count/a", b'{"value": 1'),
    bad("deviation: bytes that are no UTF-8", "/count/a", b'{"value": 1, "x": "\xff"}'),
    bad("deviation: a key that is no UTF-8", "/count/%ff", b'{"value": 1}', text=b"Invalid name\n"),
    bad("a broken escape", "/count/a%zz", b'{"value": 1}'),
]

# What a stranger could smuggle in, if it were sent as it came: all of them deviations.
SMUGGLED = [
    good("a line end in a key", "/count/a%0Ab%3A9%7Cg", b'{"value": 1}', "a_b_9_g:1|c"),
    good("a percent sign in a key", "/count/a%25d", b'{"value": 1}', "a%d:1|c"),
    good("a space in a key", "/count/a%20b", b'{"value": 1}', "a_b:1|c"),
    good("an event as a key", "/count/_e%7B1,1%7D", b'{"value": 1}', "_e_1,1}:1|c"),
    good("a line end in tags", "/count/a", b'{"value": 1, "tags": "a=b\\nevil:1|c"}',
         "a,a=b_evil_1_c:1|c"),
    good("a line end in a member", "/set/a", b'{"value": "x|s\\nevil:1|c"}', "a:x_s_evil_1_c|s"),
]

ROUTES = [
    ("alive", ("GET", "/heartbeat", None, {}), 200,
     {"content-type": "text/plain; charset=utf-8", "content-length": "2"}, b"OK", ()),
    ("nothing at the root", ("GET", "/", None, {}), 404, {**ERROR, **NO_CORS},
     b"404 page not found\n", ()),
    ("no metrics here", ("GET", "/metrics", None, ORIGIN), 404, {**ERROR, **NO_CORS},
     b"404 page not found\n", ()),
    ("a type without a key", ("POST", "/count", b"", JSON), 404, ERROR, b"404 page not found\n", ()),
    ("a key of two segments", ("POST", "/count/a/b", b"", JSON), 404, ERROR, None, ()),
    ("a key with an encoded slash", ("POST", "/count/a%2Fb", b"", JSON), 404, ERROR, None, ()),
    ("reading a metric", ("GET", "/count/x", None, ORIGIN), 405,
     {**ERROR, **NO_CORS, "allow": "OPTIONS, POST"}, b"Method Not Allowed\n", ()),
    ("putting a metric", ("PUT", "/count/x", b"", JSON), 405, {"allow": "OPTIONS, POST"}, None, ()),
    ("posting to the heartbeat", ("POST", "/heartbeat", b"", JSON), 405, {"allow": "GET, OPTIONS"},
     b"Method Not Allowed\n", ()),
    ("the head of the heartbeat", ("HEAD", "/heartbeat", None, {}), 405, {"allow": "GET, OPTIONS"},
     b"", ()),
    ("the heartbeat with a slash", ("GET", "/heartbeat/?a=b", None, {}), 301,
     {"location": "/heartbeat?a=b", "content-type": "text/html; charset=utf-8"},
     b'<a href="/heartbeat?a=b">Moved Permanently</a>.\n\n', ()),
    ("the heartbeat in capitals", ("GET", "/HEARTBEAT", None, {}), 301, {"location": "/heartbeat"},
     b'<a href="/heartbeat">Moved Permanently</a>.\n\n', ()),
    ("a key with a slash", ("POST", "/count/a/", b"", JSON), 307,
     {"location": "/count/a", "content-type": None}, b"", ()),
    ("two slashes", ("POST", "//count/a", b"", JSON), 307, {"location": "/count/a"}, b"", ()),
    ("a type with a slash", ("POST", "/count/", b"", JSON), 307, {"location": "/count"}, b"", ()),
    ("batches are posted", ("GET", "/batch", None, {}), 405, {"allow": "OPTIONS, POST"}, None, ()),
    ("5000 bytes of a header", ("POST", "/count/a", b'{"value": 1}', {**JSON, "X-Long": "x" * 5000}),
     200, EMPTY, b"", ("a:1|c",)),
    ("7000 bytes of a header", ("POST", "/count/a", b'{"value": 1}', {**JSON, "X-Long": "x" * 7000}),
     431, {"connection": "close"}, b"431 Request Header Fields Too Large", ()),
]

CORS = [
    ("a simple request", ("POST", "/count/a", b'{"value": 1}', {**JSON, **ORIGIN}), 200,
     {**EMPTY, **ECHO, "vary": None, "access-control-allow-credentials": None}, b"", ("a:1|c",)),
    ("a refused one", ("POST", "/count/a", b"", {**JSON, **ORIGIN}), 400, {**ERROR, **ECHO}, None, ()),
    ("the heartbeat", ("GET", "/heartbeat", None, ORIGIN), 200, ECHO, b"OK", ()),
    ("no origin", ("GET", "/heartbeat", None, {}), 200, NO_CORS, b"OK", ()),
    ("a preflight",
     ("OPTIONS", "/count/a", None, {**ORIGIN, "Access-Control-Request-Method": "POST"}), 204,
     {**PREFLIGHT, "allow": "OPTIONS, POST"}, b"", ()),
    ("a preflight of the heartbeat",
     ("OPTIONS", "/heartbeat", None, {**ORIGIN, "Access-Control-Request-Method": "GET"}), 204,
     {**PREFLIGHT, "allow": "GET, OPTIONS"}, b"", ()),
    ("a preflight of a batch",
     ("OPTIONS", "/batch", None, {**ORIGIN, "Access-Control-Request-Method": "POST"}), 204,
     PREFLIGHT, b"", ()),
    ("a preflight without an origin",
     ("OPTIONS", "/count/a", None, {"Access-Control-Request-Method": "POST"}), 204,
     {**NO_CORS, "allow": "OPTIONS, POST", "access-control-allow-methods": None}, b"", ()),
    ("only options", ("OPTIONS", "/count/a", None, ORIGIN), 200,
     {**NO_CORS, "allow": "OPTIONS, POST", "content-length": "0"}, b"", ()),
    ("options of nothing", ("OPTIONS", "/count", None, ORIGIN), 404, NO_CORS, None, ()),
]

TABLE = METRICS + DIALECTS + REFUSED + SMUGGLED + ROUTES + CORS
