//! Pieces of templates, damaged as an editor or someone in haste would.

use rehearsal_aws::random::Draws;

use crate::kinds;

/// What is put somewhere: what YAML means something by.
const PIECES: [&str; 44] = [
    " ", "  ", "\t", "\n", "\r\n", "\n\n", ":", ": ", " :", "- ", "-", "? ", "?", ",", ", ", "[",
    "]", "{", "}", "#", " #", "&a ", "*a", "!Ref ", "!Sub ", "!", "!!str ", "|\n", ">\n", "|-",
    ">2", "'", "\"", "\\", "%", "@", "`", "---\n", "...\n", "<<: ", "~", "é", "\u{85}", "\u{2028}",
];

/// The pieces that are damaged.
const TEMPLATES: [&str; 5] = [
    "Resources:\n  Shop:\n    Type: AWS::Serverless::Function\n    Properties:\n      Handler: bootstrap\n      Environment: {Variables: {A: !Ref B, C: \"d e\", 'F': !Sub '${G}-h'}}\n      Tags:\n      - Key: a\n        Value: 'it''s'\n",
    "Description: >-\n  Two lines\n  of text\n\n  and a third\nParameters:\n  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}   # a comment\nConditions:\n  IsProd: !Equals [!Ref Stage, prod]\n",
    "Mappings:\n  Stages:\n    dev: {\"size\": 10, on: yes, share: 0.5}\n    prod:\n      size: 0x1F\n      on: no\nOutputs:\n  Url:\n    Value: !Join ['', [https://, !GetAtt Api.Id, .example.com]]\n",
    "Shared: &shared\n  Runtime: provided.al2023\n  Timeout: 30\nFirst:\n  <<: *shared\n  Code: |\n    exports.handler = async () => {\n      return {statusCode: 200}\n    }\nSecond: {<<: *shared, Timeout: 5}\n",
    "{\"Resources\": {\"Topic\": {\"Type\": \"AWS::SNS::Topic\", \"Properties\": {\"TopicName\": \"a\\u00e9b\", \"Tags\": [1, 2.5, true, null]}}}}\n",
];

/// A damaged text, by its number.
pub fn text(number: u64) -> String {
    let draws = Draws::new(number);
    let mut count = 0;
    let mut draw = |below: usize| {
        count += 1;
        let below = u64::try_from(below.max(1)).expect("a small number");
        usize::try_from(draws.number("yaml", count) % below).expect("below a small number")
    };
    let kinds = kinds::texts();
    let whole = if draw(3) == 0 {
        kinds[draw(kinds.len())].clone()
    } else {
        TEMPLATES[draw(TEMPLATES.len())].to_owned()
    };
    let mut characters: Vec<char> = whole.chars().collect();
    for _ in 0..=draw(3) {
        let at = draw(characters.len() + 1);
        let end = (at + 1 + draw(6)).min(characters.len());
        match draw(6) {
            0 => drop(characters.drain(at.min(end)..end)),
            1 => {
                let copied = characters[at.min(end)..end].to_vec();
                let to = draw(characters.len() + 1);
                characters.splice(to..to, copied);
            }
            2 => {
                let (one, other) = (draw(characters.len()), draw(characters.len()));
                if !characters.is_empty() {
                    characters.swap(one, other);
                }
            }
            _ => {
                let piece: Vec<char> = PIECES[draw(PIECES.len())].chars().collect();
                characters.splice(at..at, piece);
            }
        }
    }
    characters.into_iter().collect()
}
