/* Takes the right to write from what is only written while the program is loaded: its tables of functions (RELRO). A dynamic loader does so
   before it hands over; musl's start of a static program does not, and this is the first that it runs. */

#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>

__attribute__((constructor)) static void protect(void)
{
    const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    uintptr_t count = getauxval(AT_PHNUM), page = getauxval(AT_PAGESZ), base = 0;
    for (uintptr_t i = 0; i < count; i++)
        if (headers[i].p_type == PT_PHDR)
            base = (uintptr_t)headers - headers[i].p_vaddr;
    for (uintptr_t i = 0; i < count; i++) {
        if (headers[i].p_type != PT_GNU_RELRO)
            continue;
        uintptr_t start = (base + headers[i].p_vaddr) & -page;
        uintptr_t end = (base + headers[i].p_vaddr + headers[i].p_memsz) & -page;
        if (end > start && mprotect((void *)start, end - start, PROT_READ) != 0)
            abort();
    }
}
