//! The two protocols that say the same, ext-data-control-v1 and wlr-data-control-unstable-v1 from which it was
//! made: the compositor's side of either, and its events, which all go to the [`Desk`].

use wayland_client::globals::{GlobalList, GlobalListContents};
use wayland_client::protocol::wl_registry::{self, WlRegistry};
use wayland_client::protocol::wl_seat::{self, WlSeat};
use wayland_client::{Connection, Dispatch, Proxy as _, QueueHandle, event_created_child};
use wayland_protocols::ext::data_control::v1::client::{
    ext_data_control_device_v1::{self, ExtDataControlDeviceV1},
    ext_data_control_manager_v1::{self, ExtDataControlManagerV1},
    ext_data_control_offer_v1::{self, ExtDataControlOfferV1},
    ext_data_control_source_v1::{self, ExtDataControlSourceV1},
};
use wayland_protocols_wlr::data_control::v1::client::{
    zwlr_data_control_device_v1::{self, ZwlrDataControlDeviceV1},
    zwlr_data_control_manager_v1::{self, ZwlrDataControlManagerV1},
    zwlr_data_control_offer_v1::{self, ZwlrDataControlOfferV1},
    zwlr_data_control_source_v1::{self, ZwlrDataControlSourceV1},
};

use super::desk::Desk;
use super::objects::{Own, Source, either, on};
use crate::clipboard::Selection;

either!(Manager, ExtDataControlManagerV1, ZwlrDataControlManagerV1);
either!(Device, ExtDataControlDeviceV1, ZwlrDataControlDeviceV1);

impl Manager {
    /// The compositor's, if it has one.
    pub fn bind(globals: &GlobalList, queue: &QueueHandle<Desk>) -> Option<Self> {
        let ext = globals.bind::<ExtDataControlManagerV1, _, _>(queue, 1..=1, ()).ok();
        let wlr = || globals.bind::<ZwlrDataControlManagerV1, _, _>(queue, 1..=2, ()).ok();
        ext.map(Self::Ext).or_else(|| wlr().map(Self::Wlr))
    }

    pub fn device(&self, seat: &WlSeat, queue: &QueueHandle<Desk>) -> Device {
        on!(self, manager => manager.get_data_device(seat, queue, ()).into())
    }

    pub fn source(&self, own: Own, queue: &QueueHandle<Desk>) -> Source {
        on!(self, manager => manager.create_data_source(queue, own).into())
    }
}

impl Device {
    /// Whether it knows the selection: the second version of wlr's does primary.
    fn has(&self, selection: Selection) -> bool {
        match self {
            Self::Ext(_) => true,
            Self::Wlr(device) => selection == Selection::Clipboard || device.version() >= 2,
        }
    }

    /// Sets a selection. Whether it can be set.
    pub fn set(&self, selection: Selection, source: &Source) -> bool {
        if !self.has(selection) {
            return false;
        }
        match (self, source, selection) {
            (Self::Ext(d), Source::Ext(s), Selection::Clipboard) => d.set_selection(Some(s)),
            (Self::Ext(d), Source::Ext(s), Selection::Primary) => d.set_primary_selection(Some(s)),
            (Self::Wlr(d), Source::Wlr(s), Selection::Clipboard) => d.set_selection(Some(s)),
            (Self::Wlr(d), Source::Wlr(s), Selection::Primary) => d.set_primary_selection(Some(s)),
            // Sources are made by the device's own manager.
            _ => return false,
        }
        true
    }
}

macro_rules! dispatch {
    ($manager:ident $manager_mod:ident, $device:ident $device_mod:ident, $source:ident $source_mod:ident, $offer:ident $offer_mod:ident) => {
        impl Dispatch<$manager, ()> for Desk {
            fn event(
                _: &mut Self,
                _: &$manager,
                _: $manager_mod::Event,
                (): &(),
                _: &Connection,
                _: &QueueHandle<Self>,
            ) {
            }
        }

        impl Dispatch<$device, ()> for Desk {
            fn event(
                desk: &mut Self,
                _: &$device,
                event: $device_mod::Event,
                (): &(),
                _: &Connection,
                _: &QueueHandle<Self>,
            ) {
                match event {
                    $device_mod::Event::DataOffer { id } => desk.offer_begins(id.into()),
                    $device_mod::Event::Selection { id } => {
                        desk.selected(Selection::Clipboard, id.map(|offer| offer.id()));
                    }
                    $device_mod::Event::PrimarySelection { id } => {
                        desk.selected(Selection::Primary, id.map(|offer| offer.id()));
                    }
                    $device_mod::Event::Finished => desk.finished(),
                    _ => {}
                }
            }

            event_created_child!(Desk, $device, [
                $device_mod::EVT_DATA_OFFER_OPCODE => ($offer, ()),
            ]);
        }

        impl Dispatch<$source, Own> for Desk {
            fn event(
                desk: &mut Self,
                _: &$source,
                event: $source_mod::Event,
                own: &Own,
                _: &Connection,
                _: &QueueHandle<Self>,
            ) {
                match event {
                    $source_mod::Event::Send { mime_type, fd } => desk.send(*own, &mime_type, fd),
                    $source_mod::Event::Cancelled => desk.cancelled(*own),
                    _ => {}
                }
            }
        }

        impl Dispatch<$offer, ()> for Desk {
            fn event(
                desk: &mut Self,
                offer: &$offer,
                event: $offer_mod::Event,
                (): &(),
                _: &Connection,
                _: &QueueHandle<Self>,
            ) {
                if let $offer_mod::Event::Offer { mime_type } = event {
                    desk.offer_has(&offer.id(), mime_type);
                }
            }
        }
    };
}

dispatch!(
    ExtDataControlManagerV1 ext_data_control_manager_v1,
    ExtDataControlDeviceV1 ext_data_control_device_v1,
    ExtDataControlSourceV1 ext_data_control_source_v1,
    ExtDataControlOfferV1 ext_data_control_offer_v1
);
dispatch!(
    ZwlrDataControlManagerV1 zwlr_data_control_manager_v1,
    ZwlrDataControlDeviceV1 zwlr_data_control_device_v1,
    ZwlrDataControlSourceV1 zwlr_data_control_source_v1,
    ZwlrDataControlOfferV1 zwlr_data_control_offer_v1
);

impl Dispatch<WlRegistry, GlobalListContents> for Desk {
    fn event(
        _: &mut Self,
        _: &WlRegistry,
        _: wl_registry::Event,
        _: &GlobalListContents,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
    }
}

impl Dispatch<WlSeat, ()> for Desk {
    fn event(_: &mut Self, _: &WlSeat, _: wl_seat::Event, (): &(), _: &Connection, _: &QueueHandle<Self>) {}
}
