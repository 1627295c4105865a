package DBD::Oracle;

# A DBI driver without an Oracle client: each connection is a helper process (dbi_helper.py, which
# has python-oracledb), spoken to in JSON lines. Values come as the text that an OCI client would
# show under the session's formats; RAW in hexadecimal, LOBs whole.
#
# ORASIM_DBI_HELPER says how the helper is started: python, a tab, the program.

use strict;
use warnings;

use DBI ();
use IPC::Open2 ();
use JSON::PP ();

our $VERSION = '1.83';
our $drh;

sub driver {
    my ($class) = @_;
    return $drh if $drh;
    for my $name (qw(ora_lob_read ora_lob_chunk_size)) {
        "${class}::db"->install_method($name);
    }
    $drh = DBI::_new_drh("${class}::dr", { Name => 'Oracle', Version => $VERSION });
    return $drh;
}

sub CLONE { undef $drh; return }

# Sends a request and returns the answer; an error goes to the handle, and nothing comes back.
sub ask {
    my ($handle, $link, %request) = @_;
    my $coder = JSON::PP->new->ascii->allow_nonref;
    my $answer;
    if (print { $link->{to} } $coder->encode(\%request) . "\n") {
        my $line = readline $link->{from};
        $answer = $coder->decode($line) if defined $line;
    }
    $answer ||= { error => 'the helper is gone', code => 3113 };
    return $answer unless defined $answer->{error};
    $handle->set_err($answer->{code} || 1, $answer->{error});
    return;
}

# Bytes come as {"hex": …}, a locator as {"lob": …, "chunk": …}, an object as an array.
sub value {
    my ($sent) = @_;
    return ref $sent eq 'HASH' && defined $sent->{hex} ? pack('H*', $sent->{hex}) : $sent;
}

package DBD::Oracle::dr;

our $imp_data_size = 0;

sub connect {
    my ($drh, $dsn, $user, $password, $attributes) = @_;
    my ($from, $to);
    local $SIG{PIPE} = 'IGNORE';
    my $pid = IPC::Open2::open2($from, $to, split /\t/, $ENV{ORASIM_DBI_HELPER});
    $to->autoflush(1);
    my $link = { from => $from, to => $to, pid => $pid };
    my %login = (dsn => $dsn, user => $user, password => $password);
    DBD::Oracle::ask($drh, $link, op => 'connect', %login) or return;
    my ($outer, $dbh) = DBI::_new_dbh($drh, { Name => $dsn });
    $dbh->{ora_link} = $link;
    $dbh->STORE(Active => 1);
    return $outer;
}

sub disconnect_all { return 1 }

package DBD::Oracle::db;

our $imp_data_size = 0;

sub prepare {
    my ($dbh, $sql, $attributes) = @_;
    # ora_auto_lob, which is on unless it is said to be off, gives LOBs whole.
    my $is_auto = $attributes->{ora_auto_lob} // 1;
    my %what = (sql => $sql, locators => $is_auto ? JSON::PP::false() : JSON::PP::true());
    my $answer = DBD::Oracle::ask($dbh, $dbh->{ora_link}, op => 'prepare', %what) or return;
    my ($outer, $sth) = DBI::_new_sth($dbh, { Statement => $sql });
    $sth->{ora_link}  = $dbh->{ora_link};
    $sth->{ora_id}    = $answer->{id};
    $sth->{ora_binds} = [];
    $sth->STORE(NUM_OF_PARAMS => $answer->{params});
    DBD::Oracle::st::described($sth, $answer->{columns});
    return $outer;
}

sub commit   { my ($dbh) = @_; return DBD::Oracle::ask($dbh, $dbh->{ora_link}, op => 'commit') && 1 }
sub rollback { my ($dbh) = @_; return DBD::Oracle::ask($dbh, $dbh->{ora_link}, op => 'rollback') && 1 }
sub ping     { my ($dbh) = @_; return DBD::Oracle::ask($dbh, $dbh->{ora_link}, op => 'ping') ? 1 : 0 }

sub ora_lob_chunk_size { my ($dbh, $lob) = @_; return $lob->{chunk} }

sub ora_lob_read {
    my ($dbh, $lob, $offset, $amount) = @_;
    my %what = (lob => $lob->{lob}, offset => $offset + 0, amount => $amount + 0);
    my $answer = DBD::Oracle::ask($dbh, $dbh->{ora_link}, op => 'read', %what) or return;
    return DBD::Oracle::value($answer->{piece});
}

sub disconnect {
    my ($dbh) = @_;
    my $link = delete $dbh->{ora_link};
    $dbh->STORE(Active => 0);
    return 1 unless $link;
    close $link->{to};
    waitpid $link->{pid}, 0;
    return 1;
}

sub STORE {
    my ($dbh, $name, $value) = @_;
    if ($name eq 'AutoCommit') {
        my $on = $value ? JSON::PP::true() : JSON::PP::false();
        DBD::Oracle::ask($dbh, $dbh->{ora_link}, op => 'autocommit', on => $on) if $dbh->{ora_link};
        return $dbh->SUPER::STORE(AutoCommit => $value ? -901 : -900);
    }
    return $dbh->{$name} = $value if $name =~ /^ora_|^RowCacheSize$/;
    return $dbh->SUPER::STORE($name, $value);
}

sub FETCH {
    my ($dbh, $name) = @_;
    return $dbh->{$name} if $name =~ /^ora_|^RowCacheSize$/;
    return $dbh->SUPER::FETCH($name);
}

sub DESTROY {
    my ($dbh) = @_;
    $dbh->disconnect if $dbh->FETCH('Active');
    return;
}

package DBD::Oracle::st;

our $imp_data_size = 0;

# What a statement's columns are, once the server has said it.
sub described {
    my ($sth, $columns) = @_;
    return unless $columns && !$sth->FETCH('NUM_OF_FIELDS');
    $sth->{ora_columns} = $columns;
    $sth->STORE(NUM_OF_FIELDS => scalar @$columns);
    return;
}

sub bind_param {
    my ($sth, $place, $value) = @_;
    $sth->{ora_binds}[ $place - 1 ] = $value;
    return 1;
}

sub execute {
    my ($sth, @values) = @_;
    my @binds = @values ? @values : @{ $sth->{ora_binds} };
    my %what = (id => $sth->{ora_id}, binds => [ map { defined $_ ? "$_" : undef } @binds ]);
    my $answer = DBD::Oracle::ask($sth, $sth->{ora_link}, op => 'execute', %what) or return;
    described($sth, $answer->{columns});
    $sth->{ora_waiting} = [];
    $sth->{ora_more}    = $answer->{columns} ? 1 : 0;
    $sth->{ora_rows}    = $answer->{rows};
    $sth->STORE(Active => 1) if $answer->{columns};
    return $answer->{rows} || '0E0';
}

sub fetchrow_arrayref {
    my ($sth) = @_;
    my $waiting = $sth->{ora_waiting} || [];
    if (!@$waiting && $sth->{ora_more}) {
        my $answer = DBD::Oracle::ask($sth, $sth->{ora_link}, op => 'fetch', id => $sth->{ora_id})
          or return;
        $waiting = $sth->{ora_waiting} = $answer->{rows};
        $sth->{ora_more} = $answer->{more};
    }
    my $row = shift @$waiting;
    if (!$row) {
        $sth->finish;
        return;
    }
    return $sth->_set_fbav([ map { DBD::Oracle::value($_) } @$row ]);
}
{
    no warnings 'once';
    *fetch = \&fetchrow_arrayref;
}

sub rows { my ($sth) = @_; return $sth->{ora_rows} }

sub finish {
    my ($sth) = @_;
    $sth->{ora_waiting} = [];
    $sth->{ora_more}    = 0;
    $sth->STORE(Active => 0);
    return 1;
}

my %OF_COLUMN = map { $_ => lc } qw(NAME TYPE PRECISION SCALE NULLABLE);

sub FETCH {
    my ($sth, $name) = @_;
    if (my $field = $OF_COLUMN{$name}) {
        return [ map { $_->{$field} } @{ $sth->{ora_columns} || [] } ];
    }
    return $sth->{$name} if $name =~ /^ora_/;
    return $sth->SUPER::FETCH($name);
}

sub STORE {
    my ($sth, $name, $value) = @_;
    return $sth->{$name} = $value if $name =~ /^ora_/;
    return $sth->SUPER::STORE($name, $value);
}

sub DESTROY { my ($sth) = @_; $sth->finish; return }

1;
