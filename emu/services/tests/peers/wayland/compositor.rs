//! A compositor of nothing but a seat and ext-data-control-v1, which no compositor in Debian 12 has. With
//! `control` off it has not even that.

use std::os::fd::AsFd as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use wayland_protocols::ext::data_control::v1::server::{
    ext_data_control_device_v1::{self as device, ExtDataControlDeviceV1 as Device},
    ext_data_control_manager_v1::{self as manager, ExtDataControlManagerV1 as Manager},
    ext_data_control_offer_v1::{self as offer, ExtDataControlOfferV1 as Offer},
    ext_data_control_source_v1::{self as source, ExtDataControlSourceV1 as Source},
};
use wayland_server::protocol::wl_seat::{self, WlSeat};
use wayland_server::{
    Client, DataInit, Dispatch, Display, DisplayHandle, GlobalDispatch, ListeningSocket, New, Resource as _,
};

/// The compositor, on a thread of its own until it is dropped.
pub struct Compositor {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Compositor {
    pub fn at(path: &Path, control: bool) -> Compositor {
        let socket = ListeningSocket::bind_absolute(path.into()).expect("a socket");
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut display: Display<State> = Display::new().expect("a display");
            let mut handle = display.handle();
            handle.create_global::<State, WlSeat, ()>(1, ());
            if control {
                handle.create_global::<State, Manager, ()>(1, ());
            }
            let mut state = State::default();
            while !seen.load(Ordering::Relaxed) {
                while let Some(stream) = socket.accept().expect("a client") {
                    handle.insert_client(stream, Arc::new(())).expect("a client");
                }
                display.dispatch_clients(&mut state).expect("requests");
                display.flush_clients().expect("events");
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        Compositor { stop, thread: Some(thread) }
    }
}

impl Drop for Compositor {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().into_iter().for_each(|thread| thread.join().expect("the compositor"));
    }
}

type Mimes = Mutex<Vec<String>>;

/// Who has the clipboard and the primary selection.
#[derive(Default)]
struct State {
    devices: Vec<Device>,
    sources: [Option<Source>; 2],
}

impl State {
    fn set(&mut self, display: &DisplayHandle, which: usize, source: Option<Source>) {
        if let Some(before) = std::mem::replace(&mut self.sources[which], source) {
            before.cancelled();
        }
        self.devices.retain(|device| device.is_alive());
        self.devices.iter().for_each(|device| self.tell(display, device, which));
    }

    fn tell(&self, display: &DisplayHandle, device: &Device, which: usize) {
        let client = device.client().expect("a client");
        let offer = self.sources[which].as_ref().map(|source| {
            let offer =
                client.create_resource::<Offer, _, State>(display, 1, source.clone()).expect("an offer");
            device.data_offer(&offer);
            let mimes: &Mimes = source.data().expect("types");
            mimes.lock().expect("types").iter().for_each(|mime| offer.offer(mime.clone()));
            offer
        });
        match which {
            0 => device.selection(offer.as_ref()),
            _ => device.primary_selection(offer.as_ref()),
        }
    }
}

impl GlobalDispatch<WlSeat, ()> for State {
    fn bind(
        _: &mut Self,
        _: &DisplayHandle,
        _: &Client,
        seat: New<WlSeat>,
        (): &(),
        init: &mut DataInit<'_, Self>,
    ) {
        init.init(seat, ());
    }
}

impl Dispatch<WlSeat, ()> for State {
    fn request(
        _: &mut Self,
        _: &Client,
        _: &WlSeat,
        _: wl_seat::Request,
        (): &(),
        _: &DisplayHandle,
        _: &mut DataInit<'_, Self>,
    ) {
    }
}

impl GlobalDispatch<Manager, ()> for State {
    fn bind(
        _: &mut Self,
        _: &DisplayHandle,
        _: &Client,
        manager: New<Manager>,
        (): &(),
        init: &mut DataInit<'_, Self>,
    ) {
        init.init(manager, ());
    }
}

impl Dispatch<Manager, ()> for State {
    fn request(
        state: &mut Self,
        _: &Client,
        _: &Manager,
        request: manager::Request,
        (): &(),
        display: &DisplayHandle,
        init: &mut DataInit<'_, Self>,
    ) {
        match request {
            manager::Request::CreateDataSource { id } => drop(init.init(id, Mimes::default())),
            manager::Request::GetDataDevice { id, .. } => {
                let device = init.init(id, ());
                [0, 1].into_iter().for_each(|which| state.tell(display, &device, which));
                state.devices.push(device);
            }
            _ => {}
        }
    }
}

impl Dispatch<Device, ()> for State {
    fn request(
        state: &mut Self,
        _: &Client,
        _: &Device,
        request: device::Request,
        (): &(),
        display: &DisplayHandle,
        _: &mut DataInit<'_, Self>,
    ) {
        match request {
            device::Request::SetSelection { source } => state.set(display, 0, source),
            device::Request::SetPrimarySelection { source } => state.set(display, 1, source),
            _ => {}
        }
    }
}

impl Dispatch<Source, Mimes> for State {
    fn request(
        state: &mut Self,
        _: &Client,
        source: &Source,
        request: source::Request,
        mimes: &Mimes,
        display: &DisplayHandle,
        _: &mut DataInit<'_, Self>,
    ) {
        match request {
            source::Request::Offer { mime_type } => mimes.lock().expect("types").push(mime_type),
            source::Request::Destroy => {
                for which in [0, 1] {
                    if state.sources[which].as_ref() == Some(source) {
                        state.sources[which] = None;
                        state.set(display, which, None);
                    }
                }
            }
            _ => {}
        }
    }
}

impl Dispatch<Offer, Source> for State {
    fn request(
        _: &mut Self,
        _: &Client,
        _: &Offer,
        request: offer::Request,
        source: &Source,
        _: &DisplayHandle,
        _: &mut DataInit<'_, Self>,
    ) {
        if let (offer::Request::Receive { mime_type, fd }, true) = (request, source.is_alive()) {
            source.send(mime_type, fd.as_fd());
        }
    }
}
