//! `genggam serve`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use node::Node;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::{Context, Done, failed};
use crate::http::{self, Cookie, Site};
use crate::{dial, serve, tls};

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
    /// TLS with a certificate that the node makes for itself: good between nodes; browsers warn
    #[arg(long, conflicts_with = "tls_cert")]
    pub(super) tls_own: bool,
    /// Serve other machines without TLS: passwords and reports can be read on the way
    #[arg(long)]
    pub(super) insecure_http: bool,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  genggam serve
  genggam serve --listen 0.0.0.0 --port 443 --tls-cert chain.pem --tls-key key.pem
  genggam serve --quiet --json --port 0        one line: {\"listening\":\"http://127.0.0.1:41234\"}";

/// Serves the node in the folder until it is interrupted.
pub(super) fn run_in(context: &Context, options: &Serve) -> Done {
    let ready = Ready::check(options, &context.dir)?;
    super::opened::with(context, async |node| {
        let line = |url: &str| json!({ "listening": url });
        ready.serve(context, &node, line, async |_| dial_all(&node).await).await
    })
}

/// Dials every node that this one is to dial, for as long as it serves.
async fn dial_all(node: &Arc<Node>) -> Done {
    let (_kept, on) = watch::channel(true);
    let mut dialling = JoinSet::new();
    for peer in node.kernel().dialled()? {
        dialling.spawn(dial::keep(Arc::clone(node), peer, on.clone()));
    }
    super::sync::keep_status(node).await
}

/// Options that make sense, with TLS read.
pub(super) struct Ready {
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    secure: bool,
}

impl Ready {
    /// Refuses to serve other machines in the clear unless that is asked for plainly.
    pub(super) fn check(options: &Serve, dir: &Path) -> anyhow::Result<Self> {
        let local = options.listen.to_canonical().is_loopback();
        let address = SocketAddr::new(options.listen, options.port);
        let refused = |error| failed::said("serve_tls", &[("reason", &http::chain(&error))]);
        let tls = match (&options.tls_cert, &options.tls_key) {
            (Some(cert), Some(key)) => Some(tls::acceptor(cert, key).map_err(refused)?),
            _ if options.tls_own => Some(tls::own(dir).map_err(refused)?),
            _ => None,
        };
        let secure = local || tls.is_some();
        if !secure && !options.insecure_http {
            return Err(failed::said("serve_refused", &[("address", &address)]));
        }
        Ok(Self { address, tls, secure })
    }

    /// Serves until it is interrupted, or what goes on beside it has failed. `line` makes what
    /// `--json` prints once it listens; `beside` is given where it listens too.
    pub(super) async fn serve(
        self,
        context: &Context,
        node: &Arc<Node>,
        line: impl FnOnce(&str) -> serde_json::Value,
        beside: impl AsyncFnOnce(&str) -> Done,
    ) -> Done {
        let address = self.address;
        let listener = TcpListener::bind(address).await.map_err(|error| {
            failed::said("serve_bind", &[("address", &address), ("reason", &error)])
        })?;
        let (scheme, cookie) = match self.tls {
            Some(_) => ("https", Cookie::Secure),
            None => ("http", Cookie::Plain),
        };
        let url = format!("{scheme}://{}", listener.local_addr()?);
        node.resume_imports(&http::speaker(context.output.lang))?;
        announce(context, &url, self.secure, line)?;
        let (closing, watch) = watch::channel(false);
        let router = http::router(Site::new(Arc::clone(node), cookie, watch));
        let mut ended = Ok(());
        let stop = async {
            tokio::select! {
                () = super::interrupted() => {}
                done = beside(&url) => ended = done,
            }
        };
        serve::serve(listener, self.tls, router, closing, stop).await;
        ended?;
        Ok(context.output.remark("cli.serve_stopped", &[])?)
    }
}

fn announce(
    context: &Context,
    url: &str,
    secure: bool,
    line: impl FnOnce(&str) -> serde_json::Value,
) -> Done {
    let output = &context.output;
    if !secure {
        output.remark("cli.serve_insecure", &[])?;
    }
    if output.json {
        return Ok(output.json_line(&line(url))?);
    }
    output.say("cli.serving", &[("url", &url)])?;
    Ok(output.remark("cli.serve_stop", &[])?)
}
