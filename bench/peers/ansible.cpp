// ansible-core: a playbook that keeps a copy of the files, installs the new ones, runs a command, and copies back in rescue.
#include "harness/server_process.hpp"
#include "pool/applier.hpp"

#include <fmt/format.h>

namespace bench {

namespace {

namespace fs = std::filesystem;

// {0} the installed files, {1} their copy, {2} the new ones, {3} are they copied as a directory, {4} the closure
constexpr char playbook[] = R"(- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - block:
        - name: keep a copy
          ansible.builtin.copy: {{src: "{0}/", dest: "{1}/", remote_src: true, mode: preserve}}
        - name: install
          ansible.builtin.copy: {{src: "{2}/", dest: "{0}/", remote_src: {3}, mode: preserve}}
        - name: closure
          ansible.builtin.command: "{4}"
      rescue:
        - name: restore
          ansible.builtin.copy: {{src: "{1}/", dest: "{0}/", remote_src: true, mode: preserve}}
        - name: closure on the restored files
          ansible.builtin.command: "true"
        - ansible.builtin.fail: {{msg: "the closure failed"}}
)";

class ansible final : public applier {
public:
    ansible(file_set const& of, ansible_copy how)
        : program_(installed_program("ansible-playbook", "ansible-core")), files_(of), how_(how) {
        fs::create_directories(home());
        write_text(home() / "ansible.cfg", "");
    }

    void reset() override { fs::remove_all(copy()); }

    tool_command apply(closure with) override {
        auto const file = home() / (with == closure::fails ? "failing.yml" : "playbook.yml");
        write_text(file, fmt::format(playbook, files_.installed().native(), copy().native(),
                                     (files_.new_version() / "src").native(), how_ == ansible_copy::directory,
                                     with == closure::fails ? "false" : "true"));
        // What it keeps of its own goes to our directory, and not to the home of the user.
        return {{program_, "-i", "localhost,", file},
                {"HOME=" + home().native(), "ANSIBLE_LOCAL_TEMP=" + home().native(),
                 "ANSIBLE_REMOTE_TEMP=" + home().native(), "ANSIBLE_NOCOLOR=1",
                 "ANSIBLE_CONFIG=" + (home() / "ansible.cfg").native()}};
    }

    std::optional<tool_command> recovery() override { return std::nullopt; }

private:
    fs::path home() const { return files_.site() / "ansible.home"; }
    fs::path copy() const { return files_.site() / "ansible.copy"; }

    std::string program_;
    file_set const& files_;
    ansible_copy how_;
};

}  // namespace

std::unique_ptr<applier> make_ansible(file_set const& of, ansible_copy how) {
    return std::make_unique<ansible>(of, how);
}

}  // namespace bench
