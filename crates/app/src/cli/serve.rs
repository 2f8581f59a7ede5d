//! `genggam serve`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use node::Node;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{Context, Done, failed};
use crate::http::{self, Cookie, Site};
use crate::serve;

/// How to serve.
#[derive(Debug, Clone, Args)]
pub(super) struct Serve {
    /// Address to listen on; anything but this machine itself needs TLS
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(super) listen: IpAddr,
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    pub(super) port: u16,
    /// Certificate chain, PEM
    #[arg(long, requires = "tls_key", value_name = "FILE")]
    pub(super) tls_cert: Option<PathBuf>,
    /// Private key of the certificate, PEM
    #[arg(long, requires = "tls_cert", value_name = "FILE")]
    pub(super) tls_key: Option<PathBuf>,
    /// Serve other machines without TLS: passwords and reports can be read on the way
    #[arg(long)]
    pub(super) insecure_http: bool,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  genggam serve
  genggam serve --listen 0.0.0.0 --port 443 --tls-cert chain.pem --tls-key key.pem
  genggam serve --quiet --json --port 0        one line: {\"listening\":\"http://127.0.0.1:41234\"}";

/// Serves an open node until it is interrupted.
pub(super) fn run(context: &Context, node: &Arc<Node>, options: &Serve) -> Done {
    let local = options.listen.to_canonical().is_loopback();
    let address = SocketAddr::new(options.listen, options.port);
    if !local && options.tls_cert.is_none() && !options.insecure_http {
        return Err(failed::said("serve_refused", &[("address", &address)]));
    }
    let tls = match (&options.tls_cert, &options.tls_key) {
        (Some(cert), Some(key)) => Some(serve::tls(cert, key).map_err(|error| {
            failed::said("serve_tls", &[("reason", &http::chain(&error))])
        })?),
        _ => None,
    };
    let (scheme, cookie) = match tls {
        Some(_) => ("https", Cookie::Secure),
        None => ("http", Cookie::Plain),
    };
    super::runtime()?.block_on(async {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            failed::said("serve_bind", &[("address", &address), ("reason", &error)])
        })?;
        announce(context, &format!("{scheme}://{}", listener.local_addr()?), local || tls.is_some())?;
        let (closing, watch) = watch::channel(false);
        let router = http::router(Site::new(Arc::clone(node), cookie, watch));
        serve::serve(listener, tls, router, closing, super::interrupted()).await;
        context.output.remark("cli.serve_stopped", &[])?;
        Ok(())
    })
}

fn announce(context: &Context, url: &str, secure: bool) -> Done {
    let output = &context.output;
    if !secure {
        output.remark("cli.serve_insecure", &[])?;
    }
    if output.json {
        output.json_line(&json!({ "listening": url }))?;
    } else {
        output.say("cli.serving", &[("url", &url)])?;
        output.remark("cli.serve_stop", &[])?;
    }
    Ok(())
}
