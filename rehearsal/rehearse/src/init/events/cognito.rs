//! The events of a user pool's triggers (Amazon Cognito developer guide, "Customizing user pool workflows with Lambda triggers", the parameters of each).

use rehearsal_template::Inputs;
use serde_json::{Value, json};

/// What asks for a trigger, by the trigger's name in `LambdaConfig`: the most common of its sources.
const SOURCES: [(&str, &str); 13] = [
    ("PreSignUp", "PreSignUp_SignUp"),
    ("PostConfirmation", "PostConfirmation_ConfirmSignUp"),
    ("PreAuthentication", "PreAuthentication_Authentication"),
    ("PostAuthentication", "PostAuthentication_Authentication"),
    ("PreTokenGeneration", "TokenGeneration_Authentication"),
    ("PreTokenGenerationConfig", "TokenGeneration_Authentication"),
    ("CustomMessage", "CustomMessage_SignUp"),
    ("DefineAuthChallenge", "DefineAuthChallenge_Authentication"),
    ("CreateAuthChallenge", "CreateAuthChallenge_Authentication"),
    (
        "VerifyAuthChallengeResponse",
        "VerifyAuthChallengeResponse_Authentication",
    ),
    ("UserMigration", "UserMigration_Authentication"),
    ("CustomEmailSender", "CustomEmailSender_SignUp"),
    ("CustomSMSSender", "CustomSMSSender_SignUp"),
];

/// The event of a trigger, in the version that the pool asks for (`V2_0`); `None` for one that is not known.
pub(super) fn event(inputs: &Inputs, trigger: &str, version: Option<&str>) -> Option<Value> {
    let (_, source) = SOURCES.iter().find(|(name, _)| *name == trigger)?;
    let status = match trigger {
        "PreSignUp" | "CustomMessage" | "CustomEmailSender" | "CustomSMSSender" => "UNCONFIRMED",
        _ => "CONFIRMED",
    };
    let mut request = json!({
        "userAttributes": {
            "sub": super::UUID,
            "cognito:user_status": status,
            "email_verified": "true",
            "email": "rehearsal@example.com",
        },
    });
    let mut response = json!({});
    let mut add = |name: &str, value: Value| request[name] = value;
    match trigger {
        "PreSignUp" => {
            add(
                "userAttributes",
                json!({ "email": "rehearsal@example.com" }),
            );
            add("validationData", json!({}));
            response = json!({ "autoConfirmUser": false, "autoVerifyEmail": false, "autoVerifyPhone": false });
        }
        "PreAuthentication" => add("validationData", json!({})),
        "PostAuthentication" => add("newDeviceUsed", json!(false)),
        "PreTokenGeneration" | "PreTokenGenerationConfig" => {
            add(
                "groupConfiguration",
                json!({ "groupsToOverride": [], "iamRolesToOverride": [] }),
            );
            if version.is_some_and(|version| version != "V1_0") {
                add("scopes", json!(["aws.cognito.signin.user.admin"]));
            }
        }
        "CustomMessage" => {
            add("codeParameter", json!("{####}"));
            add("linkParameter", json!("{##Click Here##}"));
            add("usernameParameter", json!("{username}"));
        }
        "DefineAuthChallenge" => {
            add("session", json!([]));
            add("userNotFound", json!(false));
        }
        "CreateAuthChallenge" => {
            add("challengeName", json!("CUSTOM_CHALLENGE"));
            add("session", json!([]));
            add("userNotFound", json!(false));
        }
        "VerifyAuthChallengeResponse" => {
            add("privateChallengeParameters", json!({}));
            add("challengeAnswer", json!("123456"));
            add("userNotFound", json!(false));
        }
        "UserMigration" => {
            request = json!({ "password": "rehearsal", "validationData": {} });
        }
        "CustomEmailSender" => {
            add("type", json!("customEmailSenderRequestV1"));
            add("code", json!("cmVoZWFyc2Fs"));
        }
        "CustomSMSSender" => {
            add("type", json!("customSMSSenderRequestV1"));
            add("code", json!("cmVoZWFyc2Fs"));
        }
        _ => {}
    }
    let number = version.and_then(|version| version.strip_prefix('V')?.split('_').next());
    request["clientMetadata"] = json!({});
    Some(json!({
        "version": number.unwrap_or("1"),
        "triggerSource": source,
        "region": inputs.region,
        "userPoolId": format!("{}_Rehearsal", inputs.region),
        "userName": "rehearsal",
        "callerContext": { "awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "rehearsal" },
        "request": request,
        "response": response,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trigger_has_the_common_parameters_and_its_own() {
        let inputs = Inputs::new("shop");
        for (trigger, source) in SOURCES {
            let event = event(&inputs, trigger, None).unwrap();
            assert_eq!(event["triggerSource"], source);
            assert_eq!(
                (&event["userName"], &event["version"]),
                (&json!("rehearsal"), &json!("1"))
            );
            assert!(event["request"].is_object() && event["response"].is_object());
        }
        let sign_up = event(&inputs, "PreSignUp", None).unwrap();
        assert_eq!(sign_up["response"]["autoConfirmUser"], false);
        let token = event(&inputs, "PreTokenGenerationConfig", Some("V2_0")).unwrap();
        assert_eq!(token["version"], "2");
        assert!(token["request"]["scopes"].is_array());
        assert_eq!(event(&inputs, "Other", None), None);
    }
}
