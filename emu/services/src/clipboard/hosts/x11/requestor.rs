//! What applications have copied: who owns the selections, and conversions of what they own (ICCCM 2.4).

use std::collections::{BTreeMap, VecDeque};

use x11rb::NONE;
use x11rb::protocol::xproto::{Atom, AtomEnum, Timestamp, Window};

use super::SECOND;
use super::display::Display;
use super::incr::Receiver;
use super::lost::Lost;
use crate::clipboard::{Format, FormatSet, HostEvent, Read, Selection, Size, TransferId};

/// How long an owner may take to say what it has (ns). Content has the session's time.
const ANSWER: u64 = 5 * SECOND;
/// How long the window of a conversion that was given up stays (ns): an owner that still writes to it
/// would get an error, which ends programs that handle none.
const LINGER: u64 = 30 * SECOND;
/// Windows for conversions at once; then one that was given up goes at once.
const MAX_WINDOWS: usize = 32;
/// Bytes of an owner's list of targets.
const MAX_TARGETS: u64 = 16 << 10;

/// What is known of the application that owns a selection.
#[derive(Debug, Default)]
struct Foreign {
    /// Its window; NONE for nobody, or for us.
    owner: Window,
    /// When it took the selection.
    since: Timestamp,
    /// What it can give.
    targets: Vec<Atom>,
    /// Whether the session was told.
    told: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// To know what there is.
    Targets(Selection),
    /// A paste in the guest.
    Content(TransferId),
    /// None any more.
    Abandoned,
}

/// A conversion, which has a window of its own.
#[derive(Debug)]
struct Conversion {
    purpose: Purpose,
    owner: Window,
    receiver: Receiver,
    until: Option<u64>,
}

/// Our side as a requestor.
#[derive(Debug)]
pub(super) struct Requestor {
    foreign: [Foreign; 2],
    conversions: BTreeMap<Window, Conversion>,
}

impl Requestor {
    /// Follows both selections, and asks those who own them what they have.
    pub fn new(display: &mut Display, now: u64) -> Result<Self, Lost> {
        let mut this = Self { foreign: Default::default(), conversions: BTreeMap::new() };
        let watcher = display.window()?;
        for selection in Selection::ALL {
            this.foreign[selection as usize].owner = display.follow(watcher, selection)?;
            this.ask_targets(display, now, selection)?;
        }
        Ok(this)
    }

    /// An application owns a selection since `at`; or, with NONE, nobody does.
    pub fn owner_changed(
        &mut self,
        display: &mut Display,
        now: u64,
        selection: Selection,
        owner: Window,
        at: Timestamp,
        events: &mut VecDeque<HostEvent>,
    ) -> Result<(), Lost> {
        self.abandon_targets(now, selection);
        let told = self.foreign[selection as usize].told;
        self.foreign[selection as usize] = Foreign { owner, since: at, told, ..Foreign::default() };
        if owner == NONE {
            self.released(selection, events);
            return Ok(());
        }
        self.ask_targets(display, now, selection)
    }

    /// We own a selection: what applications had of it is over.
    pub fn forget(&mut self, now: u64, selection: Selection) {
        self.abandon_targets(now, selection);
        self.foreign[selection as usize] = Foreign::default();
    }

    fn released(&mut self, selection: Selection, events: &mut VecDeque<HostEvent>) {
        if std::mem::take(&mut self.foreign[selection as usize].told) {
            events.push_back(HostEvent::Released { selection });
        }
    }

    fn ask_targets(&mut self, display: &mut Display, now: u64, selection: Selection) -> Result<(), Lost> {
        if self.foreign[selection as usize].owner == NONE {
            return Ok(());
        }
        let receiver = Receiver::new(32, MAX_TARGETS);
        let until = Some(now.saturating_add(ANSWER));
        self.convert(display, selection, display.atoms.targets, Purpose::Targets(selection), receiver, until)
    }

    fn convert(
        &mut self,
        display: &mut Display,
        selection: Selection,
        target: Atom,
        purpose: Purpose,
        receiver: Receiver,
        until: Option<u64>,
    ) -> Result<(), Lost> {
        while self.conversions.len() >= MAX_WINDOWS
            && let Some(oldest) = self.oldest_abandoned()
        {
            self.destroy(display, oldest)?;
        }
        let Foreign { owner, since, .. } = self.foreign[selection as usize];
        let window = display.window()?;
        display.watch(owner)?;
        display.convert(window, selection, target, since)?;
        self.conversions.insert(window, Conversion { purpose, owner, receiver, until });
        Ok(())
    }

    fn oldest_abandoned(&self) -> Option<Window> {
        let abandoned = self.conversions.iter().filter(|(_, c)| c.purpose == Purpose::Abandoned);
        abandoned.min_by_key(|(_, c)| c.until).map(|(window, _)| *window)
    }

    fn destroy(&mut self, display: &mut Display, window: Window) -> Result<(), Lost> {
        if let Some(conversion) = self.conversions.remove(&window) {
            display.destroy(window)?;
            display.unwatch(conversion.owner)?;
        }
        Ok(())
    }

    /// Nobody waits for a conversion any more, and its owner may not be done with it.
    fn abandon(&mut self, now: u64, purpose: Purpose) {
        for conversion in self.conversions.values_mut().filter(|c| c.purpose == purpose) {
            conversion.purpose = Purpose::Abandoned;
            conversion.until = Some(now.saturating_add(LINGER));
            conversion.receiver = Receiver::new(8, 0);
        }
    }

    fn abandon_targets(&mut self, now: u64, selection: Selection) {
        self.abandon(now, Purpose::Targets(selection));
    }

    /// Begins a paste in the guest.
    pub fn open(
        &mut self,
        display: &mut Display,
        id: TransferId,
        selection: Selection,
        format: Format,
    ) -> Result<(), Lost> {
        let foreign = &self.foreign[selection as usize];
        let target = display.atoms.best_target(format, &foreign.targets);
        let Some(target) = target.filter(|_| foreign.owner != NONE) else { return Ok(()) };
        let receiver = Receiver::new(8, u64::MAX);
        self.convert(display, selection, target, Purpose::Content(id), receiver, None)
    }

    fn content(&self, id: TransferId) -> Option<Window> {
        let found = self.conversions.iter().find(|(_, c)| c.purpose == Purpose::Content(id));
        found.map(|(window, _)| *window)
    }

    pub fn size(&self, id: TransferId) -> Size {
        let conversion = self.content(id).and_then(|window| self.conversions.get(&window));
        conversion.map_or(Size::Failed, |conversion| conversion.receiver.size())
    }

    pub fn read_at(&mut self, id: TransferId, offset: u64, buffer: &mut [u8]) -> Read {
        let conversion = self.content(id).and_then(|window| self.conversions.get_mut(&window));
        conversion.map_or(Read::Failed, |conversion| conversion.receiver.read_at(offset, buffer))
    }

    pub fn close(&mut self, display: &mut Display, now: u64, id: TransferId) -> Result<(), Lost> {
        let Some(window) = self.content(id) else { return Ok(()) };
        if self.conversions.get(&window).is_some_and(|c| c.receiver.is_over()) {
            return self.destroy(display, window);
        }
        self.abandon(now, Purpose::Content(id));
        Ok(())
    }

    /// The owner has answered a conversion. Whether it was one of ours that somebody waits for.
    pub fn converted(
        &mut self,
        display: &mut Display,
        window: Window,
        property: Atom,
        events: &mut VecDeque<HostEvent>,
    ) -> Result<bool, Lost> {
        let Some(conversion) = self.waited_for(window) else { return Ok(false) };
        if !conversion.receiver.is_asked() {
            return Ok(false);
        }
        if property == NONE {
            conversion.receiver.fail();
        } else {
            self.take(display, window)?;
        }
        self.settle(display, window, events)?;
        Ok(true)
    }

    /// A window's property has a value. Whether it was a piece that somebody waits for.
    pub fn property_came(
        &mut self,
        display: &mut Display,
        window: Window,
        events: &mut VecDeque<HostEvent>,
    ) -> Result<bool, Lost> {
        if !self.waited_for(window).is_some_and(|conversion| conversion.receiver.wants_piece()) {
            return Ok(false);
        }
        self.take(display, window)?;
        self.settle(display, window, events)?;
        Ok(true)
    }

    fn waited_for(&mut self, window: Window) -> Option<&mut Conversion> {
        self.conversions.get_mut(&window).filter(|conversion| conversion.purpose != Purpose::Abandoned)
    }

    fn take(&mut self, display: &Display, window: Window) -> Result<(), Lost> {
        let Some(Conversion { receiver, .. }) = self.conversions.get_mut(&window) else { return Ok(()) };
        let atoms = &display.atoms;
        let total = display.take_property(window, &mut |part| match part.type_ {
            incr if incr == atoms.incr => receiver.incr(),
            // An encoding of the 1980s with escape sequences: no format of ours.
            compound if compound == atoms.compound_text => receiver.fail(),
            type_ => receiver.bytes(part.format, type_ == u32::from(AtomEnum::STRING), &part.value),
        })?;
        match total {
            Some(total) => receiver.property_ended(total),
            // Deleted by the owner before it was read: in the middle that is no end.
            None if receiver.is_asked() => receiver.fail(),
            None => {}
        }
        Ok(())
    }

    /// An owner's list of targets is here, or never will be.
    fn settle(
        &mut self,
        display: &mut Display,
        window: Window,
        events: &mut VecDeque<HostEvent>,
    ) -> Result<(), Lost> {
        let Some(conversion) = self.conversions.get_mut(&window).filter(|c| c.receiver.is_over()) else {
            return Ok(());
        };
        let Purpose::Targets(selection) = conversion.purpose else { return Ok(()) };
        let targets = atoms_in(&mut conversion.receiver);
        let formats = display.atoms.formats_in(&targets);
        self.destroy(display, window)?;
        self.announce(selection, targets, formats, events);
        Ok(())
    }

    fn announce(
        &mut self,
        selection: Selection,
        targets: Vec<Atom>,
        formats: FormatSet,
        events: &mut VecDeque<HostEvent>,
    ) {
        let foreign = &mut self.foreign[selection as usize];
        (foreign.targets, foreign.told) = (targets, true);
        events.push_back(HostEvent::Announced { selection, formats });
    }

    /// An application's window is gone: what it owes will not come. Whether anybody waited for it.
    pub fn gone(
        &mut self,
        display: &mut Display,
        owner: Window,
        events: &mut VecDeque<HostEvent>,
    ) -> Result<bool, Lost> {
        let owed = |c: &Conversion| c.owner == owner && !c.receiver.is_over();
        let windows: Vec<Window> =
            self.conversions.iter().filter(|(_, c)| owed(c)).map(|(w, _)| *w).collect();
        for window in &windows {
            match self.waited_for(*window) {
                Some(conversion) => conversion.receiver.fail(),
                None => self.destroy(display, *window)?,
            }
            self.settle(display, *window, events)?;
        }
        Ok(!windows.is_empty())
    }

    /// Gives up what has had its time.
    pub fn expire(
        &mut self,
        display: &mut Display,
        now: u64,
        events: &mut VecDeque<HostEvent>,
    ) -> Result<(), Lost> {
        while let Some((window, purpose)) = self.due(now) {
            match purpose {
                Purpose::Targets(selection) => {
                    self.abandon_targets(now, selection);
                    self.announce(selection, Vec::new(), FormatSet::EMPTY, events);
                }
                _ => self.destroy(display, window)?,
            }
        }
        Ok(())
    }

    fn due(&self, now: u64) -> Option<(Window, Purpose)> {
        let due = self.conversions.iter().find(|(_, c)| c.until.is_some_and(|until| until <= now));
        due.map(|(window, c)| (*window, c.purpose))
    }

    pub fn deadline(&self) -> Option<u64> {
        self.conversions.values().filter_map(|c| c.until).min()
    }
}

/// The atoms in a property that was received.
fn atoms_in(receiver: &mut Receiver) -> Vec<Atom> {
    let mut atoms = Vec::new();
    let mut word = [0; 4];
    while receiver.size() != Size::Failed
        && receiver.read_at(atoms.len() as u64 * 4, &mut word) == Read::Bytes(4)
    {
        atoms.push(Atom::from_ne_bytes(word));
    }
    atoms
}
