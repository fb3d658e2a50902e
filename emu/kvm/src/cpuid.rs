//! What the guest is told of its CPU: what the host's KVM can do, with the topology of this machine and
//! the frequency of the TSC.

use kvm_bindings::{CpuId, KVM_MAX_CPUID_ENTRIES, kvm_cpuid_entry2};
use kvm_ioctls::{Cap, Kvm};

use crate::KvmError;

/// Leaf 1: TSC deadline timer and "a hypervisor is present" in ECX, several threads in EDX.
const TSC_DEADLINE: u32 = 1 << 24;
const HYPERVISOR: u32 = 1 << 31;
const HTT: u32 = 1 << 28;
/// Clock of the APIC timer of KVM's model, in hertz: the crystal of leaf 0x15.
const APIC_CLOCK: u32 = 1_000_000_000;
/// Leaf with the frequencies of TSC and APIC timer (thread "cpuid leaf 0x40000010", VMware and KVM guests).
const FREQUENCIES: u32 = 0x4000_0010;

/// One CPU among its like.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Its number, which is its APIC ID.
    pub id: u32,
    /// How many there are, at least 1.
    pub cpus: u32,
}

impl Place {
    /// Bits of an APIC ID that tell CPUs of a package apart.
    fn bits(self) -> u32 {
        self.cpus.next_power_of_two().trailing_zeros()
    }
}

/// What the host supports, to be adapted for each CPU.
pub fn supported(kvm: &Kvm) -> Result<CpuId, KvmError> {
    let mut cpuid =
        kvm.get_supported_cpuid(KVM_MAX_CPUID_ENTRIES).map_err(KvmError::failed("tell its CPUID"))?;
    if kvm.check_extension(Cap::TscDeadlineTimer) {
        cpuid.as_mut_slice().iter_mut().filter(|e| e.function == 1).for_each(|e| e.ecx |= TSC_DEADLINE);
    }
    Ok(cpuid)
}

/// The leaves of CPU `place`. `tsc_khz` is the frequency of its TSC: a guest that is told need not
/// measure, which on a busy host goes wrong.
pub fn of_cpu(supported: &CpuId, place: Place, tsc_khz: u32) -> Result<CpuId, KvmError> {
    // Extended topology (0xb, 0x1f) and frequencies are ours, whatever the host says.
    let ours = [0xb, 0x1f, 0x15, FREQUENCIES];
    let mut entries: Vec<kvm_cpuid_entry2> =
        supported.as_slice().iter().filter(|e| !ours.contains(&e.function)).copied().collect();
    for e in &mut entries {
        adapt(e, place);
    }
    entries.extend(topology(place));
    if tsc_khz != 0 {
        entries.push(leaf(0x15, 0, [APIC_CLOCK / 1000, tsc_khz, APIC_CLOCK, 0]));
        entries.push(leaf(FREQUENCIES, 0, [tsc_khz, APIC_CLOCK / 1000, 0, 0]));
    }
    CpuId::from_entries(&entries).map_err(|_| KvmError::Lacks("room for all CPUID leaves"))
}

fn leaf(function: u32, index: u32, [eax, ebx, ecx, edx]: [u32; 4]) -> kvm_cpuid_entry2 {
    // Subleaves are told apart by ECX.
    let flags = if function == 0xb { kvm_bindings::KVM_CPUID_FLAG_SIGNIFCANT_INDEX } else { 0 };
    kvm_cpuid_entry2 { function, index, flags, eax, ebx, ecx, edx, ..kvm_cpuid_entry2::default() }
}

fn adapt(e: &mut kvm_cpuid_entry2, place: Place) {
    let Place { id, cpus } = place;
    match e.function {
        0 => e.eax = e.eax.max(0x15),
        1 => {
            e.ebx = e.ebx & 0xffff | cpus << 16 | id << 24;
            e.ecx |= HYPERVISOR;
            e.edx = if cpus > 1 { e.edx | HTT } else { e.edx & !HTT };
        }
        // Caches: the third level is shared by all, the others belong to one CPU.
        4 | 0x8000_001d if e.eax & 31 != 0 => {
            let sharers = if e.eax >> 5 & 7 >= 3 { cpus - 1 } else { 0 };
            e.eax = e.eax & 0x3fff | sharers << 14 | if e.function == 4 { (cpus - 1) << 26 } else { 0 };
        }
        0x4000_0000 => e.eax = e.eax.max(FREQUENCIES),
        0x8000_0008 => e.ecx = place.bits() << 12 | (cpus - 1),
        0x8000_001e => (e.eax, e.ebx, e.ecx) = (id, id, 0),
        _ => {}
    }
}

/// Leaf 0xb (Intel SDM volume 2, CPUID): one thread in a core, all cores in one package.
fn topology(place: Place) -> [kvm_cpuid_entry2; 3] {
    const THREADS: u32 = 1 << 8;
    const CORES: u32 = 2 << 8;
    [
        leaf(0xb, 0, [0, 1, THREADS, place.id]),
        leaf(0xb, 1, [place.bits(), place.cpus, 1 | CORES, place.id]),
        leaf(0xb, 2, [0, 0, 2, place.id]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(entries: &[kvm_cpuid_entry2], id: u32, cpus: u32) -> Vec<(u32, u32, [u32; 4])> {
        let host = CpuId::from_entries(entries).unwrap();
        let cpuid = of_cpu(&host, Place { id, cpus }, 2_500_000).unwrap();
        cpuid.as_slice().iter().map(|e| (e.function, e.index, [e.eax, e.ebx, e.ecx, e.edx])).collect()
    }

    #[test]
    fn a_cpu_is_told_its_own_number_and_how_many_there_are() {
        let host = [
            leaf(0, 0, [0xd, 1, 2, 3]),
            leaf(1, 0, [7, 0x1f02_0800, 1, HTT]),
            leaf(0xb, 0, [9; 4]),
            leaf(0x8000_0008, 0, [0x3030, 0, 0xff, 0]),
        ];
        let told = of(&host, 2, 3);
        assert_eq!(told[0], (0, 0, [0x15, 1, 2, 3]));
        assert_eq!(told[1], (1, 0, [7, 0x0203_0800, 1 | HYPERVISOR, HTT]));
        assert_eq!(told[2], (0x8000_0008, 0, [0x3030, 0, 0x2002, 0]));
        assert_eq!(
            told[3..6],
            [(0xb, 0, [0, 1, 0x100, 2]), (0xb, 1, [2, 3, 0x201, 2]), (0xb, 2, [0, 0, 2, 2])]
        );
        assert_eq!(of(&host, 0, 1)[1].2, [7, 0x0001_0800, 1 | HYPERVISOR, 0]);
    }

    #[test]
    fn the_tsc_frequency_is_that_of_crystal_times_ratio() {
        let told = of(&[leaf(0x4000_0000, 0, [0x4000_0001, 0, 0, 0])], 0, 1);
        let of = |f| told.iter().find(|e| e.0 == f).unwrap().2;
        let [denominator, numerator, crystal, _] = of(0x15).map(u64::from);
        assert_eq!(crystal * numerator / denominator, 2_500_000_000);
        assert_eq!(of(FREQUENCIES)[..2], [2_500_000, 1_000_000]);
        assert_eq!(of(0x4000_0000)[0], FREQUENCIES);
    }
}
