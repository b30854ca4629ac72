/**
 * What the runtime is made of, and under which licence we pass it on; where there is a choice, the
 * one that is taken. Names and licences are those of Bun's own list (node_modules/bun-types/docs/
 * project/license.mdx), copyright notices those of the parts' own files.
 */
export interface Part {
  readonly name: string;
  /** SPDX expression. */
  readonly license: string;
  readonly home: string;
  /** Copyright notices, without the word. */
  readonly notices: readonly string[];
  /** Its key in `process.versions`, where the runtime tells its revision. */
  readonly revision?: string;
}

function part(
  name: string,
  license: string,
  home: string,
  notices: readonly string[],
  revision?: string,
): Part {
  return { name, license, home, notices, ...(revision === undefined ? {} : { revision }) };
}

const JOYENT = ["Joyent, Inc. and other Node contributors"];
const NODE = ["Node.js contributors", ...JOYENT];
const LITESPEED = "LiteSpeed Technologies Inc";

/** Linked, as Bun says, but for libuv and Tigerbeetle's, which are for Windows alone. */
export const LIBRARIES: readonly Part[] = [
  part(
    "JavaScriptCore",
    "LGPL-2.0-or-later AND BSD-2-Clause AND BSD-3-Clause",
    "https://github.com/oven-sh/WebKit",
    [
      "1999-2001 Harri Porten",
      "2001 Peter Kelly",
      "2003-2026 Apple Inc. and the other contributors to WebKit",
      "2006-2012 the V8 project authors",
    ],
    "webkit",
  ),
  part(
    "boringssl",
    "Apache-2.0 AND MIT",
    "https://boringssl.googlesource.com/boringssl",
    ["The OpenSSL Project Authors", "The BoringSSL Authors", "2015-2020 the fiat-crypto authors"],
    "boringssl",
  ),
  part("brotli", "MIT", "https://github.com/google/brotli", [
    "2009, 2010, 2013-2016 by the Brotli Authors",
  ]),
  part(
    "libarchive",
    "BSD-2-Clause AND BSD-3-Clause",
    "https://github.com/libarchive/libarchive",
    ["2003-2018 Tim Kientzle and the other authors", "The Regents of the University of California"],
    "libarchive",
  ),
  part(
    "lol-html",
    "BSD-3-Clause",
    "https://github.com/cloudflare/lol-html",
    ["2019, Cloudflare, Inc.", "2019, Ivan Nikulin"],
    "lolhtml",
  ),
  part(
    "ls-hpack",
    "MIT AND BSD-2-Clause",
    "https://github.com/litespeedtech/ls-hpack",
    [`2018 ${LITESPEED}`, "2012-2016, Yann Collet (xxhash)"],
    "lshpack",
  ),
  part("ls-qpack", "MIT", "https://github.com/litespeedtech/ls-qpack", [
    `2018 - 2021 ${LITESPEED}`,
  ]),
  part("lsquic", "MIT AND BSD-3-Clause", "https://github.com/litespeedtech/lsquic", [
    `2017 - 2018 ${LITESPEED}`,
    "2015 The Chromium Authors",
  ]),
  part(
    "mimalloc",
    "MIT",
    "https://github.com/microsoft/mimalloc",
    ["2018-2025, Microsoft Research, Daan Leijen"],
    "mimalloc",
  ),
  part(
    "picohttp",
    "MIT",
    "https://github.com/h2o/picohttpparser",
    ["2009-2014 Kazuho Oku, Tokuhiro Matsuno, Daisuke Murase"],
    "picohttpparser",
  ),
  part(
    "zstd",
    "BSD-3-Clause AND MIT",
    "https://github.com/facebook/zstd",
    ["Meta Platforms, Inc. and affiliates", "Yann Collet", "2003-2008 Yuta Mori (divsufsort)"],
    "zstd",
  ),
  part("simdutf", "MIT", "https://github.com/simdutf/simdutf", ["2021 The simdutf authors"]),
  part(
    "tinycc",
    "LGPL-2.1-or-later",
    "https://github.com/tinycc/tinycc",
    ["2001-2004 Fabrice Bellard", "The other contributors to TinyCC"],
    "tinycc",
  ),
  part(
    "uSockets",
    "Apache-2.0",
    "https://github.com/uNetworking/uSockets",
    ["2018-2021 Alex Hultman"],
    "usockets",
  ),
  part(
    "uWebsockets",
    "Apache-2.0",
    "https://github.com/uNetworking/uWebSockets",
    ["2018-2021 Alex Hultman"],
    "uwebsockets",
  ),
  part(
    "zlib-ng",
    "Zlib",
    "https://github.com/zlib-ng/zlib-ng",
    ["1995-2025 Jean-loup Gailly and Mark Adler"],
    "zlib",
  ),
  part(
    "c-ares",
    "MIT",
    "https://github.com/c-ares/c-ares",
    [
      "1998 Massachusetts Institute of Technology",
      "2007 - 2023 Daniel Stenberg with many contributors",
    ],
    "ares",
  ),
  // Of its notices, those of scripts that only build it are left out.
  part(
    "libicu",
    "Unicode-3.0",
    "https://github.com/unicode-org/icu",
    ["2016-2026 Unicode, Inc.", "1995-2016 International Business Machines Corporation"],
    "icu",
  ),
  part("libbase64", "BSD-2-Clause", "https://github.com/aklomp/base64", [
    "2005-2007, Nick Galbreath",
    "2015-2017, Wojciech Mula",
    "2016-2017, Matthieu Darbois",
    "2013-2022, Alfred Klomp",
  ]),
  part(
    "libdeflate",
    "MIT",
    "https://github.com/ebiggers/libdeflate",
    ["2016 Eric Biggers", "2017 Jun He"],
    "libdeflate",
  ),
  part(
    "libjpeg-turbo",
    "IJG AND BSD-3-Clause AND Zlib",
    "https://github.com/libjpeg-turbo/libjpeg-turbo",
    [
      "1991-2026 The libjpeg-turbo Project and many others",
      "1991-2020 Thomas G. Lane, Guido Vollbeding",
    ],
  ),
  part("libspng", "BSD-2-Clause AND libpng-2.0", "https://github.com/randy408/libspng", [
    "2018-2021, Randy",
    "1995-2019 The PNG Reference Library Authors",
    "2018-2019 Cosmin Truta",
    "1998-2018 Glenn Randers-Pehrson",
    "1996-1997 Andreas Dilger",
    "1995-1996 Guy Eric Schalnat, Group 42, Inc.",
  ]),
  part("libwebp", "BSD-3-Clause", "https://github.com/webmproject/libwebp", ["2010, Google Inc."]),
  part("highway", "BSD-3-Clause", "https://github.com/google/highway", [
    "the Highway Project Authors",
  ]),
  part("HdrHistogram_c", "BSD-2-Clause", "https://github.com/HdrHistogram/HdrHistogram_c", [
    "2012, 2013, 2014 Gil Tene",
    "2014 Michael Barker",
    "2014 Matt Warren",
  ]),
  part("sqlite", "blessing", "https://sqlite.org", [], "sqlite"),
];

/** What Bun embeds or is derived from: it names some, the executable shows the rest. */
export const SOURCES: readonly Part[] = [
  part("Node.js", "MIT", "https://github.com/nodejs/node", NODE, "node"),
  part("llhttp", "MIT", "https://github.com/nodejs/llhttp", ["Fedor Indutny, 2018"], "llhttp"),
  part(
    "TypeScript",
    "Apache-2.0",
    "https://github.com/microsoft/TypeScript",
    ["Microsoft Corporation"],
    "typescript",
  ),
  part("esbuild", "MIT", "https://github.com/evanw/esbuild", ["2020 Evan Wallace"]),
  part("Lightning CSS", "MPL-2.0", "https://github.com/parcel-bundler/lightningcss", [
    "Devon Govett and the other contributors to Lightning CSS",
  ]),
  part("Servo", "MPL-2.0", "https://github.com/servo/servo", ["The Servo Project Developers"]),
  part("Oxc", "MIT", "https://github.com/oxc-project/oxc", [
    "2024-present VoidZero Inc. & Contributors",
    "2023 Boshen",
  ]),
  part("React Compiler", "MIT", "https://github.com/facebook/react", [
    "Meta Platforms, Inc. and affiliates",
  ]),
  part("Rust's standard library", "MIT", "https://github.com/rust-lang/rust", [
    "The Rust Project contributors",
  ]),
];

const npm = (name: string, notices: readonly string[]): Part =>
  part(name, "MIT", `https://www.npmjs.com/package/${name}`, notices);

/** Embedded for programs that import them, as Bun says. */
export const POLYFILLS: readonly Part[] = [
  npm("acorn", ["2012-2022 by various contributors"]),
  npm("acorn-walk", ["2012-2020 by various contributors"]),
  npm("assert", JOYENT),
  npm("browserify-zlib", ["2014-2015 Devon Govett", ...NODE]),
  npm("buffer", ["Feross Aboukhadijeh, and other contributors"]),
  npm("constants-browserify", ["Julian Gruber"]),
  npm("crypto-browserify", ["2013 Dominic Tarr"]),
  npm("domain-browser", ["Benjamin Lupton"]),
  npm("events", JOYENT),
  npm("https-browserify", ["James Halliday"]),
  npm("os-browserify", ["2017 CoderPuppy"]),
  npm("path-browserify", ["2013 James Halliday"]),
  npm("process", ["2013 Roman Shtylman"]),
  npm("punycode", ["Mathias Bynens"]),
  npm("querystring-es3", ["2012 Irakli Gozalishvili"]),
  npm("stream-browserify", ["James Halliday"]),
  npm("stream-http", ["2015 John Hiesey"]),
  npm("string_decoder", NODE),
  npm("timers-browserify", ["2012 J. Ryan Stinnett", ...JOYENT]),
  npm("tty-browserify", ["James Halliday"]),
  npm("url", ["2014 Joyent, Inc. and other Node contributors"]),
  npm("util", JOYENT),
  npm("vm-browserify", ["James Halliday"]),
];

/** All parts of the runtime but Bun's own sources. */
export const RUNTIME_PARTS: readonly Part[] = [...LIBRARIES, ...SOURCES, ...POLYFILLS];

/** Keys of `process.versions` behind which there is no code: what Bun is compatible with. */
export const NO_CODE: readonly string[] = [
  "bun",
  "modules",
  "napi",
  "openssl",
  "unicode",
  "uv",
  "v8",
  "zig",
];
