"""How a person comes from one member of a file to another: by the tree, or the next one and the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padviewer.errors import shortened
from padviewer.gui.members.tree import neighbour

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow


class MemberChoice:
    """Asks for members and tells the session; remembers for each file which groups were open.

    Args:
        window: which shows a file.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._session = window.session
        self._expanded: dict[str, set[str]] = {}
        self._base: tuple[str, str | None] | None = None
        self._tried: str | None = None

    def ask(self) -> None:
        """Offers the members of the file that is shown."""
        from padviewer.gui.members.dialog import MemberDialog  # noqa: PLC0415 - only when it is needed

        plan, members = self._session.plan, self._session.members
        if plan is None or not members:
            return
        path = plan.info.path
        dialog = MemberDialog(self._window, path, members, plan.info.member, self._expanded.get(path))
        dialog.member_chosen.connect(self._session.choose_member)
        dialog.finished.connect(lambda: self._expanded.update({path: dialog.expanded}))
        dialog.open()

    def step(self, by: int) -> None:
        """Shows the next member that can be opened, or the one before."""
        plan, members = self._session.plan, self._session.members
        if plan is None or len(members) < 2:
            return
        # From what is being opened, or could not be, it goes on.
        base = plan.info.path, plan.info.member
        current = self._tried if self._base == base else plan.info.member
        place = neighbour(members, current, by)
        if place is None:
            self._window.status.say("this is the last member" if by > 0 else "this is the first member")
            return
        self._base, self._tried = base, members[place].name
        self._window.status.say(f"member {place + 1} of {len(members)}: {shortened(members[place].name, 60)}")
        self._session.choose_member(members[place].name)
