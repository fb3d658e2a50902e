//! What copying and pasting make on the wire, in either protocol: our sources and the offers of others.

use std::os::fd::BorrowedFd;

use wayland_client::Proxy as _;
use wayland_client::backend::ObjectId;
use wayland_protocols::ext::data_control::v1::client::ext_data_control_offer_v1::ExtDataControlOfferV1;
use wayland_protocols::ext::data_control::v1::client::ext_data_control_source_v1::ExtDataControlSourceV1;
use wayland_protocols_wlr::data_control::v1::client::zwlr_data_control_offer_v1::ZwlrDataControlOfferV1;
use wayland_protocols_wlr::data_control::v1::client::zwlr_data_control_source_v1::ZwlrDataControlSourceV1;

use crate::clipboard::Selection;

/// Which of our sources an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Own {
    pub selection: Selection,
    pub number: u64,
}

/// An object of either protocol.
macro_rules! either {
    ($name:ident, $ext:ty, $wlr:ty) => {
        #[derive(Clone, Debug)]
        pub(super) enum $name {
            Ext($ext),
            Wlr($wlr),
        }

        impl From<$ext> for $name {
            fn from(object: $ext) -> Self {
                Self::Ext(object)
            }
        }

        impl From<$wlr> for $name {
            fn from(object: $wlr) -> Self {
                Self::Wlr(object)
            }
        }
    };
}

pub(super) use either;

either!(Source, ExtDataControlSourceV1, ZwlrDataControlSourceV1);
either!(Offer, ExtDataControlOfferV1, ZwlrDataControlOfferV1);

/// The same request of either.
macro_rules! on {
    ($object:expr, $name:ident => $call:expr) => {
        match $object {
            Self::Ext($name) => $call,
            Self::Wlr($name) => $call,
        }
    };
}
pub(super) use on;

impl Source {
    pub fn offer(&self, mime: &str) {
        on!(self, source => source.offer(mime.into()));
    }

    pub fn destroy(&self) {
        on!(self, source => source.destroy());
    }
}

impl Offer {
    pub fn id(&self) -> ObjectId {
        on!(self, offer => offer.id())
    }

    /// Has the content written into a pipe.
    pub fn receive(&self, mime: &str, pipe: BorrowedFd<'_>) {
        on!(self, offer => offer.receive(mime.into(), pipe));
    }

    pub fn destroy(&self) {
        on!(self, offer => offer.destroy());
    }
}
