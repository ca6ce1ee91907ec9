//! Texts of every kind that YAML has, and what is near to one.

/// All of them.
pub fn texts() -> Vec<String> {
    TEXTS.iter().map(|text| (*text).to_owned()).collect()
}

#[rustfmt::skip] // One a line, or several short ones.
const TEXTS: &[&str] = &[
    // Plain scalars.
    "a", "a b", "a: b", "a:b", "a:b: c", "a: b: c", "a:: b", "a: -b", "a: - b", "a: ?b", "a: :b", "a: b#c", "a: b #c", "a: #b", "a: @b", "a: `b", "a: %b",
    "a: b\n c\n d", "a: b\n\n c", "a: b\nc", "a:\n b\n  c\n d", "a: b\n  # no\n  c", "a: b  \nc: d", "a: b\\n", "a: !b", "a: 'b", "a: =", "=: a", "- =", "a: <<",
    // What a plain scalar is.
    "[yes, No, on, OFF, y, n, true, False, TRUE, tRUE, ~, null, Null, nULL, '', \"\"]", "- 0\n- 010\n- 08\n- 0o10\n- 0x1F\n- 0b11\n- 1_000\n- +5\n- -5\n- 1:30\n- 190:20:30",
    "[1.5, 1., .5, 1e3, 1.5e3, 1.5e+3, 1_0.5, .inf, -.INF, .nan, 1:30.5]", "[2012-10-17, 2001-12-14t21:59:43.10-05:00, 1.2.3, 10.0.0.0/16, 99999999999999999999, 0_]",
    "[-, --, ---, -a, - a]", "[+, ., .., ..., _]", "{1: a, 1.50: b, yes: c, ~: d}", "? 1\n: 2\n",
    // Quotes.
    "'a'", "'it''s'", "'a\n b'", "'a\n\n b'", "'a\nb'", "k: 'a\nb'", "k: 'a\n b\n\n c'", "k:\n  'a\nb'\n", "\"a\\n\\t\\x41\\u00e9\\U0001F600\"", "\"\\ud83d\\ude00\"", "\"a\\\n  b\"", "\"a \\\n \\ b\"", "\"a\\qb\"",
    "\"a\\x4\"", "\"\\N\\_\\L\\P\\e\\0\\a\\v\\f\\/\"", "'a\\nb'", "\"a\n---\nb\"", "'a' b", "'a': b", "\"a\"b", "'a'#b", "['a'b]", "\"a", "'a\tb'", "\"a\t\n\tb\"", "''''", "\"\\\t\"",
    // Blocks.
    "a: |\n  b\n  c\n", "a: |-\n  b\n\n", "a: |+\n  b\n\n", "a: >\n  b\n  c\n\n  d\n", "a: >\n  b\n   c\n  d\n", "a: >-\n\n  b\n", "a: |2\n   b\n", "a: |1-\n  b", "a: |-1\n  b", "a: |0\n b", "a: |9\n b", "a: |x\n b",
    "a: | # c\n  b\n", "a: |# c\n  b\n", "a: |\nb: c", "a: |\n\n\n", "a: |", "- |\n a\n- >\n b\n", "a: |\n  b\n c\n", "a: |\n\tb", "a: |\n \tb", "a: |\n  b\n\tc", "|\n a", "--- |\na\n...\n", "a: |\n   \n  b", "a: >\n  b\n\tc\n", "a: |\t\n  b", "[|\n a]",
    // Lists and maps in blocks.
    "- a\n- b", "- - a\n  - b\n- c", "-\n  a\n-\n  - b", "- a: 1\n  b: 2\n- c: 3", "a:\n- b\n- c", "a:\n  - b\n - c", "a:\n - b\n  - c", "a:\n  b: c\n d: e", "a:\n  b: c\n   d: e", "a:\n b: c\nd: e", "- a\nb", "a: b\n- c", "a: [b]\n c: d",
    "a:\nb:\n", ":", ": a", "? a", "? a\n: b", "? - a\n: - b", "? a\n? b", "a:\n  ? b\n  : c", "- ? a\n  : b", "-a", "- ", "-", "a: - b", "a:  b", "a :b", "a : b", "  a: b\n  c: d", " a: b\nc: d", "a: b\n c: d", "a\nb: c", "a b\n: c",
    // Collections in a line.
    "[a, b]", "[a, b,]", "[a,, b]", "[,]", "[]", "[ ]", "{}", "{a: b}", "{a: b,}", "{a, b: c}", "{a:b}", "{a:, b: c}", "{a: , b}", "{: a}", "{? a: b}", "{? a}", "[a: b]", "[a: b, c]", "[? a: b]", "[: a]", "[a:b]", "{\"a\":b}", "{'a':'b'}", "[\"a\":b]",
    "[a\n, b]", "{a: b\n}", "x: {a: b\n}", "x: {a: b,\nc: d}", "x: [a,\nb]\n", "x:\n  y: [a,\n b\n]\nz: 1", "[a b, c]", "[a #b\n]", "[a#b]", "{a: b#c}", "{a: b?c}", "[?a]", "[a?]", "{a?: b}", "{url: https://x/y?z=1}", "[https://x/y?z=1]", "[a:,b]", "[a:]", "{a:[b]}", "{a: [b, {c: d}]}",
    "[a, b", "{a: b", "[a}", "{a]", "]", "}", "a: ]", "[[a]]", "[[a], [b]]", "{a: b c: d}", "[a] b", "{a: b}: c", "[a]: b", "? [a]\n: b", "- [a]\n- {b: c}", "a: [b]: c", "[-a, - b]", "[-]", "{-: a}", "[a, -, b]", "[%a]", "[@a]", "[!Ref a]", "[!Ref a, b]", "[!Ref, a]", "[!Ref]", "{a: !Ref, b: c}", "{a: !Ref b}",
    // Tags, anchors, aliases.
    "a: !Ref b", "a: !Ref", "a: !Sub \"b\"", "a: !Sub\"b\"", "a: !GetAtt b.c.d", "a: !GetAtt b", "a: !GetAtt [b, c]", "a: !If [x, !Ref y, z]", "a: !Join\n  - ''\n  - - b\n    - c", "a: !Equals [1, 2]", "a: !And\n- b", "!Ref a", "!Ref\na", "a: ! b", "a: ! 12", "a: ! '12'", "a: !!str 12", "a: !!int '12'", "a: !!int x", "a: !!float 1.5",
    "a: !!bool yes", "a: !!bool x", "a: !!null x", "a: !!seq [b]", "a: !!map {b: c}", "a: !!seq b", "a: !!x b", "a: !<tag:yaml.org,2002:str> 12", "a: !<!Ref> b", "a: !<x", "a: !x!y z", "%TAG !x! !\n---\na: !x!Ref b", "%TAG ! !\n---\na: !Ref b", "a: !Ref &x b", "a: &x !Ref b\nc: *x", "!!str a: b", "!Ref a: b", "&x a: b", "a: !%52ef b", "a: !%zz b", "a: !Ref\tb",
    "a: &x b\nc: *x", "a: *x", "a: &x b\nc: &x d\ne: *x", "&x [*x]", "a: &x\nb: *x", "a: &x-1_y b\nc: *x-1_y", "a: &é b", "a: &x* b", "*x : a", "a: &x y\n*x : b", "a: &x [1]\nb: [*x, *x]", "a: & b", "a: &x *x", "a: &x &y b", "a: !a !b c", "&x", "- &x a\n- *x",
    // Merging.
    "a: &x {b: 1}\nc: {<<: *x, d: 2}", "a: &x {b: 1}\nc: {b: 2, <<: *x}", "a: &x {b: 1}\ne: &y {b: 3, f: 4}\nc: {<<: [*x, *y]}", "c: {<<: [1]}", "c: {<<: 1}", "c: {'<<': 1}", "<<: {a: b}\nc: d", "c: {<<: {a: 1}, <<: {b: 2}}",
    // Documents.
    "", "# a", "---", "--- a", "---\na", "---a", "a\n---\nb", "a\n...", "a\n...\n", "a\n...\nb", "---\n---\n", "--- # c\na: b", "%YAML 1.1\n---\na", "%YAML 1.2\n---\na", "%YAML 2.0\n---\na", "%YAML 1\n---\na", "%YAML 1.1\na", "%x y\n---\na", "%YAML 1.1\n%YAML 1.1\n---\na", "...\na", "a: b\n---", " ---\na", "--- |\n a\n--- b", "\u{feff}a: b", "a: \u{feff}b",
    // Tabs, line ends, and characters that YAML does not have.
    "a:\tb", "a: \tb", "a: b\t", "a: b\tc", "\ta: b", "a:\n\tb: c", "a:\n  b: c\n\t\nd: e", "[a,\tb]", "{a:\tb}", "- \ta", "-\ta", "a: b\t# c", "a: b #\tc", "#\ta\nb: c", "a: 'b'\t", "a: |\n  b\tc\n", "a: b\r\nc: d\r\n", "a: b\rc: d", "a: b\u{85}c: d", "a: b\u{2028}c: d", "a: 'b\u{2028}c'", "a: \u{7f}", "a: \u{1}", "a: \u{0}", "a: \"\u{1b}\"", "a: 😀", "é: ü\nß: [ä]", "a: \u{a0}b", "a: b\u{a0}", "a:\u{a0}b",
    // JSON.
    "{\"a\": 1}", "{\"a\":1,\"b\":[true,false,null,1.5,-2,1e3,\"\\u00e9\\n\\/\"]}", "{\n\t\"a\": 1\n}", "{\"a\"\n: 1}", "{\"a\": 1,}", "{\"a\": 01}", "{\"a\": \"b\tc\"}", "{\"a\": \"\\ud83d\\ude00\"}", "[]", "[1, 2", "{\"a\": 1} x", "{\"a\": 1}\n# c", "{'a': 1}", "{\"a\": yes}", " {\"a\": 1}", "{\"a\": \"\u{7f}\"}",
];
