//! What a call to S3 asks for, and of which bucket: in its host (`bucket.s3.eu-west-1.amazonaws.com`), or in its path.

use http::request::Parts;
use http::{HeaderValue, Uri, header};

/// Moves the bucket of a call from its host into its path, where an emulator on one address finds it. Calls of SDKs that are
/// redirected name it in the host; those that know the rehearsal's address have it in the path. The signature is then another call's,
/// which no emulator minds that does not verify it.
pub(super) fn to_path_style(service: &str, head: &mut Parts) {
    if service != "s3" {
        return;
    }
    let host = head.headers.get(header::HOST);
    let Some((bucket, host)) = host.and_then(|host| virtual_host(host.to_str().ok()?)) else {
        return;
    };
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let Ok(uri) = Uri::try_from(format!("/{bucket}{path}")) else {
        return;
    };
    let Ok(host) = HeaderValue::from_str(host) else {
        return;
    };
    head.uri = uri;
    head.headers.insert(header::HOST, host);
}

/// The bucket in a host of S3's, and the host without it. Sources: S3 user guide, "Virtual hosting of buckets", "Dual-stack
/// endpoints", "Transfer Acceleration".
fn virtual_host(host: &str) -> Option<(&str, &str)> {
    let name = host.split(':').next()?;
    let name = name.strip_suffix(".cn").unwrap_or(name);
    let labels = name.strip_suffix(".amazonaws.com")?;
    // The last: a bucket's name may have dots, and these letters.
    let at = [".s3.", ".s3-"]
        .iter()
        .filter_map(|mark| labels.rfind(mark))
        .chain(labels.strip_suffix(".s3").map(str::len))
        .max()?;
    Some((&host[..at], &host[at + 1..]))
}

/// The operation of a call whose bucket is in its path. Newer SDKs name it (`x-id`); it follows from method, bucket, key and
/// sub-resource. Source: the `http` of each operation in botocore's model of S3; those of rarer sub-resources go by method and
/// sub-resource.
pub(super) fn operation(head: &Parts) -> String {
    let query = head.uri.query().unwrap_or_default();
    let pairs: Vec<(&str, &str)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    if let Some((_, name)) = pairs.iter().find(|(name, _)| *name == "x-id") {
        return (*name).to_owned();
    }
    let has = |name: &str| pairs.iter().any(|(there, _)| *there == name);
    let copies = head.headers.contains_key("x-amz-copy-source");
    let (bucket, key) = match head.uri.path().trim_start_matches('/').split_once('/') {
        Some((bucket, key)) => (bucket, key),
        None => (head.uri.path().trim_start_matches('/'), ""),
    };
    let sub_resource = pairs.iter().find(|(name, value)| {
        value.is_empty() && !["prefix", "marker", "delimiter"].contains(name)
    });
    let method = head.method.as_str();
    let named = match (method, bucket.is_empty(), key.is_empty()) {
        ("GET", true, _) => "ListBuckets",
        ("POST", false, true) if has("delete") => "DeleteObjects",
        ("GET", false, true) if has("list-type") => "ListObjectsV2",
        ("PUT", false, false) if has("partNumber") && copies => "UploadPartCopy",
        ("PUT", false, false) if has("partNumber") => "UploadPart",
        ("POST", false, false) if has("uploads") => "CreateMultipartUpload",
        ("POST", false, false) if has("uploadId") => "CompleteMultipartUpload",
        ("DELETE", false, false) if has("uploadId") => "AbortMultipartUpload",
        ("GET", false, false) if has("uploadId") => "ListParts",
        _ => "",
    };
    if !named.is_empty() {
        return named.to_owned();
    }
    if let Some((sub_resource, _)) = sub_resource {
        return format!("{method} ?{sub_resource}");
    }
    let named = match (method, bucket.is_empty(), key.is_empty()) {
        ("GET", false, true) => "ListObjects",
        ("PUT", false, true) => "CreateBucket",
        ("HEAD", false, true) => "HeadBucket",
        ("DELETE", false, true) => "DeleteBucket",
        ("GET", false, false) => "GetObject",
        ("PUT", false, false) if copies => "CopyObject",
        ("PUT", false, false) => "PutObject",
        ("HEAD", false, false) => "HeadObject",
        ("DELETE", false, false) => "DeleteObject",
        _ => method,
    };
    named.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_follows_from_method_path_and_query() {
        for (method, uri, copies, name) in [
            ("GET", "/", false, "ListBuckets"),
            ("PUT", "/b", false, "CreateBucket"),
            ("PUT", "/b/", false, "CreateBucket"),
            ("GET", "/b?list-type=2&prefix=", false, "ListObjectsV2"),
            ("GET", "/b?prefix=", false, "ListObjects"),
            ("GET", "/b?versioning", false, "GET ?versioning"),
            ("POST", "/b?delete", false, "DeleteObjects"),
            ("PUT", "/b/k/l", false, "PutObject"),
            ("PUT", "/b/k", true, "CopyObject"),
            ("PUT", "/b/k?partNumber=1&uploadId=2", false, "UploadPart"),
            ("POST", "/b/k?uploads", false, "CreateMultipartUpload"),
            ("POST", "/b/k?uploadId=2", false, "CompleteMultipartUpload"),
            ("GET", "/b/k?versionId=3", false, "GetObject"),
            ("GET", "/b/k?x-id=GetObject", false, "GetObject"),
            ("HEAD", "/b/k", false, "HeadObject"),
            ("DELETE", "/b/k", false, "DeleteObject"),
        ] {
            let mut request = http::Request::builder().method(method).uri(uri);
            if copies {
                request = request.header("x-amz-copy-source", "b/other");
            }
            let (head, ()) = request.body(()).unwrap().into_parts();
            assert_eq!(operation(&head), name, "{method} {uri}");
        }
    }

    #[test]
    fn the_bucket_is_what_stands_before_s3s_own_name() {
        #[rustfmt::skip] // A table.
        let cases = [
            ("b.s3.amazonaws.com", "b", "s3.amazonaws.com"),
            ("b.s3.eu-west-1.amazonaws.com", "b", "s3.eu-west-1.amazonaws.com"),
            ("my.s3.b.s3.amazonaws.com:443", "my.s3.b", "s3.amazonaws.com:443"),
            ("b.s3-us-west-2.amazonaws.com", "b", "s3-us-west-2.amazonaws.com"),
            ("b.s3.dualstack.eu-west-1.amazonaws.com", "b", "s3.dualstack.eu-west-1.amazonaws.com"),
            ("b.s3.cn-north-1.amazonaws.com.cn", "b", "s3.cn-north-1.amazonaws.com.cn"),
            ("logs.s3-b.s3.us-east-1.amazonaws.com", "logs.s3-b", "s3.us-east-1.amazonaws.com"),
        ];
        for (host, bucket, rest) in cases {
            assert_eq!(virtual_host(host), Some((bucket, rest)), "{host}");
        }
    }

    #[test]
    fn a_host_without_a_bucket_is_left_as_it_is() {
        for host in [
            "s3.amazonaws.com",
            "s3.eu-west-1.amazonaws.com",
            "127.0.0.1:4000",
            "b.s3.example.com",
            "sqs.eu-west-1.amazonaws.com",
        ] {
            assert_eq!(virtual_host(host), None, "{host}");
        }
    }

    #[test]
    fn the_bucket_goes_before_the_key_and_the_query_stays() {
        let (mut head, ()) = http::Request::get("/a%20key/b?versionId=1")
            .header("host", "b.s3.amazonaws.com")
            .body(())
            .unwrap()
            .into_parts();
        to_path_style("s3", &mut head);
        assert_eq!(head.uri, "/b/a%20key/b?versionId=1");
        assert_eq!(head.headers["host"], "s3.amazonaws.com");
    }
}
